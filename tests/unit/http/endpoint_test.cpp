#include "unit/http/pipelines.hpp"

#include <azureml/error.hpp>

#include <gtest/gtest.h>

namespace azureml::http {
namespace {

using test::get;
using test::post;

struct Endpoint : testing::Test {
  test::FakePipeline pipeline;
  std::vector<std::string> asked;
  void now_at(std::string const& base) {
    pipeline.options.endpoint = [this, base](std::string const& refused) {
      asked.push_back(refused);
      return base;
    };
  }
};

TEST_F(Endpoint, Refused_GoesWhereTheServiceIsNow) {
  now_at("http://127.0.0.1:2000");
  pipeline.transport->refuse().reply(200);
  EXPECT_EQ(pipeline.send(get("http://127.0.0.1:1000/a%2Fb?c=d")).status, 200);
  EXPECT_EQ(asked, std::vector<std::string>{"http://127.0.0.1:1000"});
  EXPECT_EQ(pipeline.transport->request(1).url, "http://127.0.0.1:2000/a%2Fb?c=d");
  EXPECT_EQ(pipeline.clock.slept(), std::chrono::nanoseconds{0});
}

TEST_F(Endpoint, RefusedPost_IsSentThereToo) {
  now_at("http://127.0.0.1:2000");
  pipeline.transport->refuse().reply(200);
  EXPECT_EQ(pipeline.send(post("http://127.0.0.1:1000/a")).status, 200);
}

TEST_F(Endpoint, SameAddress_IsTriedOnceMoreForAnyRequest) {
  now_at("http://127.0.0.1:1000/");
  pipeline.transport->refuse().reply(200);
  EXPECT_EQ(pipeline.send(post("http://127.0.0.1:1000/a")).status, 200);
  EXPECT_EQ(pipeline.transport->request(1).url, "http://127.0.0.1:1000/a");
}

TEST_F(Endpoint, RefusedAgain_IsNotAskedTwice) {
  now_at("http://127.0.0.1:1000");
  pipeline.transport->refuse().refuse();
  EXPECT_THROW(pipeline.send(post("http://127.0.0.1:1000/a")), TransportError);
  EXPECT_EQ(asked.size(), 1U);
}

TEST_F(Endpoint, RefusedIdempotentRequest_GoesOnWithTheUsualAttempts) {
  now_at("http://127.0.0.1:1000");
  for (int i = 0; i < 4; ++i) pipeline.transport->refuse();
  pipeline.transport->reply(200);
  EXPECT_EQ(pipeline.send(get("http://127.0.0.1:1000/a")).status, 200);
  EXPECT_EQ(asked.size(), 1U);
}

TEST_F(Endpoint, LaterRequests_GoToTheNewPlaceDirectly) {
  now_at("http://127.0.0.1:2000");
  Pipeline const chain(pipeline.options);
  pipeline.transport->refuse().reply(200).reply(200);
  chain.send(get("http://127.0.0.1:1000/a"), {});
  chain.send(get("http://127.0.0.1:1000/b"), {});
  EXPECT_EQ(pipeline.transport->request(2).url, "http://127.0.0.1:2000/b");
  EXPECT_EQ(asked.size(), 1U);
}

TEST_F(Endpoint, MovesTwice_OldAddressLeadsToTheLatest) {
  std::vector<std::string> places{"http://h:2", "http://h:3"};
  pipeline.options.endpoint = [&](std::string const& refused) {
    asked.push_back(refused);
    return places.at(asked.size() - 1);
  };
  Pipeline const chain(pipeline.options);
  pipeline.transport->refuse().reply(200).refuse().reply(200).reply(200);
  chain.send(get("http://h:1/a"), {});
  chain.send(get("http://h:1/b"), {});
  chain.send(get("http://h:1/c"), {});
  EXPECT_EQ(asked, (std::vector<std::string>{"http://h:1", "http://h:2"}));
  EXPECT_EQ(pipeline.transport->request(4).url, "http://h:3/c");
}

TEST_F(Endpoint, MovesBack_IsFoundAgain) {
  std::vector<std::string> places{"http://h:2", "http://h:1"};
  pipeline.options.endpoint = [&](std::string const& refused) {
    asked.push_back(refused);
    return places.at(asked.size() - 1);
  };
  Pipeline const chain(pipeline.options);
  pipeline.transport->refuse().reply(200).refuse().reply(200).reply(200);
  chain.send(get("http://h:1/a"), {});
  chain.send(get("http://h:1/b"), {});
  chain.send(get("http://h:1/c"), {});
  EXPECT_EQ(pipeline.transport->request(4).url, "http://h:1/c");
}

TEST_F(Endpoint, OtherFailures_AskNobody) {
  now_at("http://127.0.0.1:2000");
  pipeline.transport->lose();
  EXPECT_THROW(pipeline.send(post()), TransportError);
  EXPECT_TRUE(asked.empty());
}

TEST_F(Endpoint, SourceThatFails_ReachesTheCaller) {
  pipeline.options.endpoint = [](std::string const&) -> std::string {
    throw std::runtime_error("the engine cannot be started");
  };
  pipeline.transport->refuse();
  EXPECT_THROW(pipeline.send(get()), std::runtime_error);
}

}  // namespace
}  // namespace azureml::http
