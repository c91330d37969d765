#pragma once
#include "rest/rest.hpp"
#include "support/fake_connection.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <string>

namespace azureml::rest {

/// One operation at a time: says what the service answers, sees what it was asked.
struct RestTest : testing::Test {
  test::FakeConnection fake;
  Connection& connection = fake.connection;
  std::string const workspace = connection.resource_manager + connection.workspace_path;

  void answer(std::string body, int status = 200,
              http::Headers headers = {{"Content-Type", "application/json; charset=utf-8"}}) {
    fake.transport->reply(status, std::move(body), std::move(headers));
  }
  [[nodiscard]] test::SentRequest asked(std::size_t index = 0) const { return fake.transport->request(index); }

  template <class E, class Call>
  E thrown(Call const& call) const {
    try {
      call();
    } catch (E const& error) {
      return error;
    }
    throw std::logic_error("nothing was thrown");
  }
};

}  // namespace azureml::rest
