#include "http/exchange.hpp"

#include <gmock/gmock.h>

#include <array>
#include <future>
#include <thread>

namespace azureml::http {
namespace {

using namespace std::chrono_literals;
using Event = Exchange::Event;

std::chrono::steady_clock::time_point later() {
  return std::chrono::steady_clock::now() + 30s;
}

TEST(Exchange, PieceBeforeTheHead_IsToldOfAfterIt) {
  Exchange exchange;
  std::size_t taken = 0;
  exchange.give_bytes("abc", [&](std::size_t count) { taken = count; });
  EXPECT_EQ(exchange.next({}, std::chrono::steady_clock::now()), Event::timed_out);
  exchange.head({.status = 200});
  ASSERT_EQ(exchange.next({}, later()), Event::head);
  EXPECT_EQ(exchange.take_head().status, 200);
  ASSERT_EQ(exchange.next({}, later()), Event::give);
  EXPECT_EQ(exchange.piece(), "abc");
  exchange.taken(3);
  EXPECT_EQ(taken, 3U);
  exchange.finish();
  EXPECT_EQ(exchange.next({}, later()), Event::finished);
}

TEST(Exchange, PieceAndThenFailure_PieceComesFirst) {
  Exchange exchange;
  exchange.head({});
  exchange.take_head();
  exchange.give_bytes("abc", [](auto) {});
  exchange.fail(std::make_exception_ptr(std::runtime_error("lost")));
  EXPECT_EQ(exchange.next({}, later()), Event::give);
  exchange.taken(3);
  ASSERT_EQ(exchange.next({}, later()), Event::failed);
  EXPECT_TRUE(exchange.failure());
}

TEST(Exchange, Stop_WakesTheWait) {
  Exchange exchange;
  std::stop_source stop;
  Event event{};
  std::jthread waiter([&] { event = exchange.next(stop.get_token(), later()); });
  stop.request_stop();
  waiter.join();
  EXPECT_EQ(event, Event::stopped);
}

TEST(Exchange, Closed_EndsTheRequestAndThrowsTheResponseAway) {
  Exchange exchange;
  std::array<char, 4> room{};
  std::vector<std::size_t> taken;
  auto const note = [&](std::size_t count) { taken.push_back(count); };
  exchange.want_bytes(room, note);
  exchange.close();
  EXPECT_THAT(taken, testing::ElementsAre(0U));
  exchange.want_bytes(room, note);
  exchange.give_bytes("xy", note);
  EXPECT_THAT(taken, testing::ElementsAre(0U, 0U, 2U));
  exchange.close();
  EXPECT_THAT(taken, testing::SizeIs(3U));
}

TEST(Exchange, ClosedWithAPieceThatNobodyTook_ThrowsItAway) {
  Exchange exchange;
  std::size_t taken = 0;
  exchange.give_bytes("abc", [&](std::size_t count) { taken = count; });
  exchange.close();
  EXPECT_EQ(taken, 3U);
}

TEST(Exchange, TwoThreads_HandOverEveryPieceInOrder) {
  Exchange exchange;
  std::string got;
  std::jthread const library([&] {
    exchange.head({});
    for (int i = 0; i < 1000; ++i) {
      std::promise<void> done;
      auto const piece = std::to_string(i) + ",";
      exchange.give_bytes(piece, [&](auto) { done.set_value(); });
      done.get_future().wait();
    }
    exchange.finish();
  });
  while (true) {
    auto const event = exchange.next({}, later());
    if (event == Event::finished) break;
    if (event == Event::head) exchange.take_head();
    if (event == Event::give) {
      got += exchange.piece();
      exchange.taken(exchange.piece().size());
    }
    ASSERT_NE(event, Event::timed_out);
  }
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += std::to_string(i) + ",";
  EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace azureml::http
