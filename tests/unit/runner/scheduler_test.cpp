#include "engine/runner/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace azureml::engine::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Names start_all(Scheduler& scheduler) {
  Names started;
  while (auto const next = scheduler.next()) started.push_back(next->run_id);
  return started;
}

TEST(Scheduler, MoreRunsThanCpus_StartInTheOrderOfTheirComing) {
  Scheduler scheduler({.cpus = 2});
  for (auto const* id : {"a", "b", "c", "d"}) EXPECT_TRUE(scheduler.add(id, {}));
  EXPECT_THAT(start_all(scheduler), ElementsAre("a", "b"));
  EXPECT_EQ(scheduler.place("c"), 1U);
  EXPECT_EQ(scheduler.place("d"), 2U);
  EXPECT_EQ(scheduler.place("a"), 0U);
  EXPECT_EQ(scheduler.waiting(), 2U);
  scheduler.release("b");
  EXPECT_THAT(start_all(scheduler), ElementsAre("c"));
  EXPECT_THAT(scheduler.first(5), ElementsAre("d"));
}

TEST(Scheduler, RunThatWaitsOrRuns_IsNotAddedTwice) {
  Scheduler scheduler({.cpus = 1});
  EXPECT_TRUE(scheduler.add("a", {}));
  EXPECT_FALSE(scheduler.add("a", {}));
  EXPECT_THAT(start_all(scheduler), ElementsAre("a"));
  EXPECT_FALSE(scheduler.add("a", {}));
  scheduler.release("a");
  EXPECT_TRUE(scheduler.add("a", {}));
}

TEST(Scheduler, RemovedRun_NeverStarts) {
  Scheduler scheduler({.cpus = 1});
  for (auto const* id : {"a", "b", "c"}) scheduler.add(id, {});
  EXPECT_TRUE(scheduler.remove("b"));
  EXPECT_FALSE(scheduler.remove("b"));
  EXPECT_THAT(start_all(scheduler), ElementsAre("a"));
  EXPECT_FALSE(scheduler.remove("a"));
  scheduler.release("a");
  EXPECT_THAT(start_all(scheduler), ElementsAre("c"));
}

TEST(Scheduler, RunThatDoesNotFit_LetsASmallerOnePass) {
  Scheduler scheduler({.cpus = 4});
  scheduler.add("half", {.cpus = 2});
  scheduler.add("large", {.cpus = 4});
  scheduler.add("small", {.cpus = 1});
  EXPECT_THAT(start_all(scheduler), ElementsAre("half", "small"));
  scheduler.release("half");
  EXPECT_THAT(start_all(scheduler), IsEmpty());
  scheduler.release("small");
  EXPECT_THAT(start_all(scheduler), ElementsAre("large"));
}

TEST(Scheduler, LargeRunAtTheHead_IsPassedOnlySoOften) {
  Scheduler scheduler({.cpus = 2});
  scheduler.add("first", {});
  ASSERT_THAT(start_all(scheduler), ElementsAre("first"));
  scheduler.add("large", {.cpus = 2});
  unsigned passed = 0;
  std::string before;
  // Without the limit the stream of small ones would keep a cpu busy for ever.
  for (int i = 0; i < 100; ++i) {
    auto const id = "small" + std::to_string(i);
    scheduler.add(id, {});
    auto const started = start_all(scheduler);
    passed += static_cast<unsigned>(started.size());
    scheduler.release(before);
    before = started.empty() ? "" : started.back();
  }
  EXPECT_EQ(passed, Scheduler::kPassesMax);
  EXPECT_EQ(scheduler.place("large"), 1U);
  scheduler.release("first");
  EXPECT_EQ(start_all(scheduler).front(), "large");
}

TEST(Scheduler, RunThatWaitsForAGpu_IsPassedByThoseWithoutOneAsLongAsTheyDoNotDelayIt) {
  Scheduler scheduler({.cpus = 2, .gpus = {"0"}});
  scheduler.add("holder", {.gpus = 1});
  scheduler.add("waiter", {.gpus = 1});
  ASSERT_THAT(start_all(scheduler), ElementsAre("holder"));
  for (int i = 0; i < 50; ++i) {
    auto const id = "cpu" + std::to_string(i);
    scheduler.add(id, {});
    ASSERT_THAT(start_all(scheduler), ElementsAre(id));
    scheduler.release(id);
  }
  scheduler.add("later", {.gpus = 1});
  scheduler.release("holder");
  EXPECT_THAT(start_all(scheduler), ElementsAre("waiter"));
}

TEST(Scheduler, EveryRunOfAMixedCrowd_StartsInTheEnd) {
  Scheduler scheduler({.cpus = 4, .gpus = {"0", "1"}, .memory = 8 * kGiB});
  std::vector<Resources> const kinds{{}, {.cpus = 4}, {.gpus = 2}, {.cpus = 3, .memory = 8 * kGiB}, {.cpus = 9}, {.memory = 20 * kGiB}, {.cpus = 2, .gpus = 1}};
  Names running;
  std::size_t started = 0;
  auto const turn = [&] {
    for (auto const& id : start_all(scheduler)) {
      running.push_back(id);
      ++started;
    }
    ASSERT_FALSE(running.empty());
    scheduler.release(running.front());
    running.erase(running.begin());
  };
  for (std::size_t i = 0; i < 500; ++i) {
    scheduler.add("run" + std::to_string(i), kinds[i * 5 % kinds.size()]);
    turn();
  }
  for (std::size_t i = 0; i < 500 && scheduler.waiting() > 0; ++i) turn();
  EXPECT_EQ(scheduler.waiting(), 0U);
  EXPECT_EQ(started, 500U);
}

TEST(Scheduler, Gpus_BelongToOneRunEach) {
  Scheduler scheduler({.cpus = 8, .gpus = {"GPU-a", "GPU-b", "GPU-c"}});
  scheduler.add("one", {.gpus = 1});
  scheduler.add("two", {.gpus = 2});
  scheduler.add("none", {});
  auto const one = scheduler.next(), two = scheduler.next(), none = scheduler.next();
  ASSERT_TRUE(one && two && none);
  EXPECT_THAT(one->grant.gpus, ElementsAre("GPU-a"));
  EXPECT_THAT(two->grant.gpus, ElementsAre("GPU-b", "GPU-c"));
  EXPECT_THAT(none->grant.gpus, IsEmpty());
  scheduler.add("next", {.gpus = 1});
  EXPECT_FALSE(scheduler.next());
  scheduler.release("one");
  EXPECT_THAT(scheduler.next().value().grant.gpus, ElementsAre("GPU-a"));
}

TEST(Scheduler, Memory_IsShared) {
  Scheduler scheduler({.cpus = 8, .memory = 4 * kGiB});
  scheduler.add("a", {.memory = 3 * kGiB});
  scheduler.add("b", {.memory = 2 * kGiB});
  scheduler.add("c", {.memory = 1 * kGiB});
  EXPECT_THAT(start_all(scheduler), ElementsAre("a", "c"));
  scheduler.release("a");
  EXPECT_THAT(start_all(scheduler), ElementsAre("b"));
}

TEST(Scheduler, RunThatAsksForMoreThanThereIs_RunsAloneWithAWarning) {
  Scheduler scheduler({.cpus = 2, .memory = 4 * kGiB});
  scheduler.add("before", {});
  scheduler.add("huge", {.cpus = 64, .memory = 8 * kGiB});
  ASSERT_THAT(start_all(scheduler), ElementsAre("before"));
  scheduler.release("before");
  scheduler.add("after", {});
  auto const huge = scheduler.next();
  ASSERT_TRUE(huge);
  EXPECT_EQ(huge->run_id, "huge");
  EXPECT_TRUE(huge->grant.alone);
  EXPECT_EQ(huge->grant.taken, (Resources{.cpus = 2, .memory = 4 * kGiB}));
  EXPECT_EQ(huge->warning,
            "the run asks for 64 cpus and 8192 MiB of memory, but there are only 2 cpus and 4096 MiB of memory: it runs alone, with what there is");
  EXPECT_THAT(start_all(scheduler), IsEmpty());
  scheduler.release("huge");
  EXPECT_THAT(start_all(scheduler), ElementsAre("after"));
}

TEST(Scheduler, RunForWhichMemoryIsShortAlone_LeavesNoCpuToOthers) {
  Scheduler scheduler({.cpus = 8, .memory = 4 * kGiB});
  scheduler.add("huge", {.cpus = 1, .memory = 5 * kGiB});
  scheduler.add("small", {});
  EXPECT_THAT(start_all(scheduler), ElementsAre("huge"));
}

TEST(Scheduler, RunsOfAnEarlierEngine_KeepWhatTheyHave) {
  Scheduler scheduler({.cpus = 2, .gpus = {"0", "1"}});
  scheduler.occupy("old", {.taken = {.cpus = 1}, .gpus = {"0"}});
  scheduler.add("new", {.gpus = 1});
  auto const next = scheduler.next();
  ASSERT_TRUE(next);
  EXPECT_THAT(next->grant.gpus, ElementsAre("1"));
  scheduler.add("more", {});
  EXPECT_FALSE(scheduler.next());
  scheduler.occupy("a third, of a larger machine", {.taken = {.cpus = 7}, .gpus = {"9"}});
  EXPECT_FALSE(scheduler.next());
}

TEST(Scheduler, RunAloneOfAnEarlierEngine_StaysAlone) {
  Scheduler scheduler({.cpus = 8});
  scheduler.occupy("old", {.taken = {.cpus = 1}, .alone = true});
  scheduler.add("new", {});
  EXPECT_FALSE(scheduler.next());
  scheduler.release("old");
  EXPECT_TRUE(scheduler.next());
}

TEST(Resources, OfAJob_AreItsProperties) {
  EXPECT_EQ(resources_of({}), Resources{});
  EXPECT_EQ(resources_of({{"azureml-cpp.cpus", "3"}, {"azureml-cpp.gpus", "2"}, {"azureml-cpp.memory", "4g"}}),
            (Resources{.cpus = 3, .gpus = 2, .memory = 4 * kGiB}));
  EXPECT_EQ(resources_of({{"azureml-cpp.use_gpu", "True"}}).gpus, 1U);
  EXPECT_EQ(resources_of({{"azureml-cpp.use_gpu", "true"}, {"azureml-cpp.gpus", "4"}}).gpus, 4U);
  EXPECT_EQ(resources_of({{"azureml-cpp.use_gpu", "false"}}).gpus, 0U);
}

TEST(Resources, BadProperty_IsNamedWithItsValue) {
  auto const message = [](std::map<std::string, std::string> const& properties) {
    try {
      static_cast<void>(resources_of(properties));
    } catch (std::invalid_argument const& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(message({{"azureml-cpp.cpus", "0"}}), HasSubstr("'azureml-cpp.cpus' of the job is '0'; it must be a whole number from 1"));
  EXPECT_THAT(message({{"azureml-cpp.cpus", "2.5"}}), HasSubstr("'2.5'"));
  EXPECT_THAT(message({{"azureml-cpp.gpus", "-1"}}), HasSubstr("azureml-cpp.gpus"));
  EXPECT_THAT(message({{"azureml-cpp.use_gpu", "true"}, {"azureml-cpp.gpus", "0"}}), HasSubstr("from 1"));
  EXPECT_THAT(message({{"azureml-cpp.use_gpu", "yes"}}), HasSubstr("true or false"));
  EXPECT_THAT(message({{"azureml-cpp.memory", "4 GB"}}), HasSubstr("512m"));
  EXPECT_EQ(resources_or_default({{"azureml-cpp.cpus", "x"}}), Resources{});
}

TEST(Resources, Memory_IsReadWithItsUnit) {
  EXPECT_EQ(memory_from("0"), 0U);
  EXPECT_EQ(memory_from("512"), 512U);
  EXPECT_EQ(memory_from("7b"), 7U);
  EXPECT_EQ(memory_from("2K"), 2048U);
  EXPECT_EQ(memory_from("3m"), 3U << 20);
  EXPECT_EQ(memory_from("1G"), kGiB);
  for (auto const* bad : {"", "g", "1t", "1gb", "-1", "1.5g", "99999999999g", "18446744073709551616"}) EXPECT_THROW(memory_from(bad), std::invalid_argument) << bad;
}

TEST(Resources, Capacity_IsTheMachinesUnlessItIsSaid) {
  auto const machine = make_capacity(0, {}, 0);
  EXPECT_GE(machine.cpus, 1U);
  EXPECT_GT(machine.memory, 0U);
  auto const said = make_capacity(2.9, {"0"}, 5);
  EXPECT_EQ(said.cpus, 2U);
  EXPECT_THAT(said.gpus, ElementsAre("0"));
  EXPECT_EQ(said.memory, 5U);
  EXPECT_EQ(make_capacity(0.3, {}, 0).cpus, 1U);
}

}  // namespace
}  // namespace azureml::engine::runner
