#include "core/make_error.hpp"
#include "unit/http/pipelines.hpp"

#include <azureml/error.hpp>

#include <gtest/gtest.h>

namespace azureml::http {
namespace {

using test::get;

struct Auth : testing::Test {
  test::FakePipeline pipeline;
  std::vector<bool> asked;
  Auth() {
    pipeline.options.token = [this](bool refresh, Context const&) {
      asked.push_back(refresh);
      return refresh ? "new" : "old";
    };
  }
};

TEST_F(Auth, BearerRequest_CarriesTheToken) {
  pipeline.transport->reply(200);
  pipeline.send(get());
  EXPECT_EQ(pipeline.transport->request(0).header("Authorization"), "Bearer old");
}

TEST_F(Auth, SignedAddress_CarriesNone) {
  auto request = get("https://acct.blob.core.windows.net/c/b?sig=x");
  request.auth = AuthKind::none;
  pipeline.transport->reply(401);
  EXPECT_EQ(pipeline.send(request).status, 401);
  EXPECT_FALSE(pipeline.transport->request(0).headers.contains("Authorization"));
  EXPECT_TRUE(asked.empty());
}

TEST_F(Auth, Unauthorized_IsSentOnceMoreWithAFreshToken) {
  pipeline.transport->reply(401).reply(200);
  EXPECT_EQ(pipeline.send(get()).status, 200);
  EXPECT_EQ(asked, (std::vector<bool>{false, true}));
  EXPECT_EQ(pipeline.transport->request(1).header("authorization"), "Bearer new");
}

TEST_F(Auth, UnauthorizedTwice_IsTheAnswer) {
  pipeline.transport->reply(401).reply(401);
  EXPECT_EQ(pipeline.send(get()).status, 401);
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(Auth, FreshTokenIsTheSame_IsNotSentAgain) {
  pipeline.options.token = [](bool, Context const&) { return "always"; };
  pipeline.transport->reply(401);
  EXPECT_EQ(pipeline.send(get()).status, 401);
  EXPECT_EQ(pipeline.transport->requests().size(), 1U);
}

TEST_F(Auth, Retry_AsksForTheTokenAnew) {
  pipeline.transport->reply(500).reply(200);
  pipeline.send(get());
  EXPECT_EQ(asked, (std::vector<bool>{false, false}));
}

TEST_F(Auth, Body_IsSentWholeTheSecondTime) {
  auto request = get();
  request.source = std::make_shared<test::StringSource>("payload");
  pipeline.transport->reply(401).reply(200);
  pipeline.send(request);
  EXPECT_EQ(pipeline.transport->request(1).body, "payload");
}

TEST_F(Auth, SourceOutOfReach_SpendsTheSameBudget) {
  pipeline.options.token = [this](bool, Context const&) -> std::string {
    asked.push_back(true);
    throw core::make_error<AuthenticationError>("no answer from the login host", {.retryable = true});
  };
  EXPECT_THROW(pipeline.send(get()), AuthenticationError);
  EXPECT_EQ(asked.size(), 5U);
  EXPECT_TRUE(pipeline.transport->requests().empty());
}

TEST_F(Auth, SourceThatRefuses_IsNotAskedAgain) {
  pipeline.options.token = [this](bool, Context const&) -> std::string {
    asked.push_back(true);
    throw core::make_error<AuthenticationError>("wrong secret");
  };
  EXPECT_THROW(pipeline.send(get()), AuthenticationError);
  EXPECT_EQ(asked.size(), 1U);
}

}  // namespace
}  // namespace azureml::http
