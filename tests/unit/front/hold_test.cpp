#include "unit/front/front_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace azureml::tests {
namespace {

using namespace std::chrono_literals;
using engine::front::Operation;
using engine::routes::Reply;
using engine::routes::Request;
using engine::routes::WaitFor;

/// Holds until `ready`, or says "late" when the time is up.
Operation held(std::atomic<bool>& ready, std::atomic<int>& asked, std::chrono::milliseconds time) {
  return open_route("GET", "/engine/held", [&ready, &asked, time](Request const& request) {
    ++asked;
    if (ready) return Reply{.body = "ready"};
    if (request.waited) return Reply{.body = "late"};
    return Reply{.wait = WaitFor{.topic = "run:x", .timeout = time}};
  });
}

void request_it(FrontFixture& front, RawClient& client) {
  client.send("GET /engine/held HTTP/1.1\r\n" + front.host() + "\r\n");
}

void wait_until_watched(FrontFixture& front) {
  while (!front.notifier().watched("run:x")) std::this_thread::yield();
}

TEST(HeldRequest, Published_IsAnsweredAndTheConnectionGoesOn) {
  std::atomic<bool> ready = false;
  std::atomic<int> asked = 0;
  FrontFixture front{{held(ready, asked, 60s)}};
  RawClient client{front.port()};
  request_it(front, client);
  wait_until_watched(front);
  EXPECT_TRUE(client.silent_for(30ms));
  ready = true;
  front.notifier().publish("run:x");
  EXPECT_EQ(client.read().value().body, "ready");
  request_it(front, client);
  EXPECT_EQ(client.read().value().body, "ready");
  while (front.notifier().watched("run:x")) std::this_thread::yield();
}

TEST(HeldRequest, TimeIsUp_IsAskedOnceMoreWithThatMark) {
  std::atomic<bool> ready = false;
  std::atomic<int> asked = 0;
  FrontFixture front{{held(ready, asked, 50ms)}};
  RawClient client{front.port()};
  request_it(front, client);
  EXPECT_EQ(client.read().value().body, "late");
  EXPECT_EQ(asked, 3);  // The request, the question after subscribing, the one when the time was up.
}

TEST(HeldRequest, ChangedBetweenTheFirstAnswerAndTheSubscription_IsNotMissed) {
  std::atomic<int> asked = 0;
  FrontFixture front{{open_route("GET", "/engine/held", [&](Request const&) {
    // The second question comes after subscribing: by then the news is there, though nobody publishes it again.
    return ++asked == 1 ? Reply{.wait = WaitFor{.topic = "run:x", .timeout = 60s}} : Reply{.body = "ready"};
  })}};
  EXPECT_EQ(ask(front.port(), "GET", "/engine/held").body, "ready");
}

TEST(HeldRequest, PublishedWithoutNews_IsHeldOn) {
  std::atomic<bool> ready = false;
  std::atomic<int> asked = 0;
  FrontFixture front{{held(ready, asked, 60s)}};
  RawClient client{front.port()};
  request_it(front, client);
  wait_until_watched(front);
  while (asked < 2) std::this_thread::yield();
  front.notifier().publish("run:x");
  while (asked < 3) std::this_thread::yield();
  EXPECT_TRUE(client.silent_for(30ms));
  ready = true;
  front.notifier().publish("run:x");
  EXPECT_EQ(client.read().value().body, "ready");
}

TEST(HeldRequest, ClientGoesAway_NobodyIsAskedOrWatchedAnyMore) {
  std::atomic<bool> ready = false;
  std::atomic<int> asked = 0;
  FrontFixture front{{held(ready, asked, 60s)}};
  RawClient client{front.port()};
  request_it(front, client);
  wait_until_watched(front);
  while (asked < 2) std::this_thread::yield();
  client.close();
  while (front.listener().connections() > 0) std::this_thread::yield();
  EXPECT_FALSE(front.notifier().watched("run:x"));
  EXPECT_EQ(front.listener().open_requests(), 0U);
  EXPECT_EQ(asked, 2);
}

TEST(HeldRequest, Stop_AnswersThoseWhoWait) {
  std::atomic<bool> ready = false;
  std::atomic<int> asked = 0;
  FrontFixture front{{held(ready, asked, 60s)}};
  RawClient client{front.port()};
  request_it(front, client);
  wait_until_watched(front);
  while (asked < 2) std::this_thread::yield();
  front.listener().stop();
  EXPECT_EQ(client.read().value().body, "late");
  EXPECT_TRUE(client.closed_within());
}

TEST(HeldRequest, ThreeHundredWaiters_CostNoThreadAndAllAreWoken) {
  std::atomic<bool> ready = false;
  std::atomic<int> asked = 0;
  FrontFixture front{
      {held(ready, asked, 60s), open_route("GET", "/engine/hi", [](Request const&) { return Reply{.body = "{}"}; })}};
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<RawClient>(front.port()));
    request_it(front, *clients.back());
  }
  while (asked < 600) std::this_thread::yield();
  EXPECT_EQ(ask(front.port(), "GET", "/engine/hi").body, "{}");
  ready = true;
  front.notifier().publish("run:x");
  for (auto const& client : clients) ASSERT_EQ(client->read().value().body, "ready");
}

}  // namespace
}  // namespace azureml::tests
