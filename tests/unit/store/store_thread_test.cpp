#include "store_fixture.hpp"

#include "engine/store/store_thread.hpp"

#include <atomic>
#include <mutex>
#include <vector>

namespace azureml::engine::store {
namespace {

TEST_F(StoreTest, Thread_RunsTasksInOrderOnOneThread) {
  StoreThread thread{std::move(store_), {}};
  std::vector<int> order;
  std::vector<std::thread::id> ids;
  for (int i = 0; i < 100; ++i) {
    thread.post([&, i](Store&) {
      order.push_back(i);
      ids.push_back(std::this_thread::get_id());
    });
  }
  auto const id = thread.call([](Store& store) { return store.ensure_experiment("e").id; });
  EXPECT_EQ(id.size(), 36U);
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  for (auto const& each : ids) EXPECT_EQ(each, ids.front());
  EXPECT_NE(ids.front(), std::this_thread::get_id());
}

TEST_F(StoreTest, ExceptionOfACall_ReachesTheCallerAndOfAPostTheLog) {
  std::vector<std::string> lines;
  auto const logger = logging::Logger::to_sink("store", logging::Level::error,
                                               [&](auto, auto, std::string_view line) { lines.emplace_back(line); });
  StoreThread thread{std::move(store_), logger};
  EXPECT_THROW(thread.call([](Store&) -> int { throw std::runtime_error("no"); }), std::runtime_error);
  thread.post([](Store&) { throw std::runtime_error("lost words"); });
  EXPECT_EQ(thread.call([](Store&) { return 1; }), 1);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("lost words"), std::string::npos);
}

TEST_F(StoreTest, FullQueue_MakesPostersWaitButNotTheThreadItself) {
  StoreThread thread{std::move(store_), {}, 1};
  std::atomic<int> done{0};
  thread.post([&](Store&) {
    for (int i = 0; i < 10; ++i) thread.post([&](Store&) { ++done; });
  });
  std::vector<std::thread> posters;
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int k = 0; k < 25; ++k) thread.post([&](Store&) { ++done; });
    });
  }
  for (auto& poster : posters) poster.join();
  thread.call([](Store&) {});
  EXPECT_EQ(done, 110);
}

TEST_F(StoreTest, Destructor_RunsWhatIsQueued) {
  int done = 0;
  {
    StoreThread thread{std::move(store_), {}};
    for (int i = 0; i < 50; ++i) thread.post([&](Store&) { ++done; });
  }
  EXPECT_EQ(done, 50);
}

}  // namespace
}  // namespace azureml::engine::store
