#include "store_fixture.hpp"

#include <set>
#include <stdexcept>

namespace azureml::engine::store {
namespace {

TEST_F(StoreTest, Job_IsKeptWithAllItsMembers) {
  auto job = a_job("r");
  job.job_type = "Command";
  job.display_name = "shown";
  job.description = "text";
  job.definition = R"({"command":"echo"})";
  job.tags = {{"a", "1"}};
  job.properties = {{"p", "2"}};
  job.archived = true;
  job.status = "Running";
  job.status_detail = "position 2";
  job.attempt_id = "at";
  job.applied_seq = 7;
  job.error = R"({"code":"UserError"})";
  job.warnings = {"one", "two"};
  job.started = TimePoint{} + std::chrono::seconds(5);
  ASSERT_TRUE(store_->add_job(job));
  reopen();
  auto const found = store_->find_job("r");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->experiment, job.experiment);
  EXPECT_EQ(found->display_name, job.display_name);
  EXPECT_EQ(found->description, job.description);
  EXPECT_EQ(found->definition, job.definition);
  EXPECT_EQ(found->tags, job.tags);
  EXPECT_EQ(found->properties, job.properties);
  EXPECT_TRUE(found->archived);
  EXPECT_EQ(found->status, "Running");
  EXPECT_EQ(found->status_detail, job.status_detail);
  EXPECT_EQ(found->attempt_id, "at");
  EXPECT_EQ(found->applied_seq, 7U);
  EXPECT_EQ(found->error, job.error);
  EXPECT_EQ(found->warnings, job.warnings);
  EXPECT_EQ(found->created, job.created);
  EXPECT_EQ(found->started, job.started);
  EXPECT_FALSE(found->ended);
  EXPECT_FALSE(store_->find_job("s"));
}

TEST_F(StoreTest, JobOfTheSameName_IsNotAdded) {
  auto job = a_job("r");
  job.tags = {{"a", "1"}};
  ASSERT_TRUE(store_->add_job(job));
  job.definition = "other";
  job.tags = {{"b", "1"}};
  EXPECT_FALSE(store_->add_job(job));
  EXPECT_EQ(store_->find_job("r")->definition, "{}");
  EXPECT_TRUE(store_->list_jobs({.tags = {{"b", ""}}}, "", 10).items.empty());
}

TEST_F(StoreTest, ThousandJobs_PagesGiveEachOnceNewestFirst) {
  for (int i = 0; i < 1000; ++i) {
    // Many of the same time: then the order of arrival decides.
    auto job = a_job("r" + std::to_string(i), 1'700'000'000 + i / 100);
    job.tags = {{"parity", i % 2 == 0 ? "even" : "odd"}};
    if (i % 10 == 0) job.experiment = "tenth";
    job.archived = i % 4 == 0;
    ASSERT_TRUE(store_->add_job(job));
  }
  std::vector<std::string> names;
  std::string after;
  int pages = 0;
  do {
    auto const page = store_->list_jobs({}, after, 37);
    for (auto const& job : page.items) names.push_back(job.name);
    after = page.next;
    ++pages;
  } while (!after.empty() && pages < 100);
  ASSERT_EQ(names.size(), 1000U);
  EXPECT_EQ(pages, 28);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(names[static_cast<std::size_t>(i)], "r" + std::to_string(999 - i));

  auto const count = [&](Store::JobFilter const& filter) { return store_->list_jobs(filter, "", 5000).items.size(); };
  EXPECT_EQ(count({.experiment = "tenth"}), 100U);
  EXPECT_EQ(count({.tags = {{"parity", "even"}}}), 500U);
  EXPECT_EQ(count({.tags = {{"parity", ""}}}), 1000U);
  EXPECT_EQ(count({.tags = {{"absent", ""}}}), 0U);
  EXPECT_EQ(count({.archived = true}), 250U);
  EXPECT_EQ(count({.archived = false}), 750U);
  EXPECT_EQ(count({.experiment = "tenth", .tags = {{"parity", "even"}}, .archived = true}), 50U);
  EXPECT_EQ(count({.job_type = "Command"}), 1000U);
  EXPECT_EQ(count({.job_type = "Sweep"}), 0U);
}

TEST_F(StoreTest, JobsAddedWhilePaging_DoNotShiftThePages) {
  for (int i = 0; i < 4; ++i) store_->add_job(a_job("r" + std::to_string(i), 1'700'000'000 + i));
  auto const first = store_->list_jobs({}, "", 2);
  store_->add_job(a_job("late", 1'800'000'000));
  auto const second = store_->list_jobs({}, first.next, 2);
  ASSERT_EQ(second.items.size(), 2U);
  EXPECT_EQ(second.items[0].name, "r1");
  EXPECT_TRUE(second.next.empty());
}

TEST_F(StoreTest, ForeignContinuation_IsRefused) {
  for (auto const* token : {"x", "5", "!!", "MTIz", "MS4yeA"}) {
    EXPECT_THROW((void)store_->list_jobs({}, token, 2), std::invalid_argument) << token;
  }
  StringMap many;
  for (std::size_t i = 0; i <= Store::kFilterTagsMax; ++i) many["t" + std::to_string(i)] = "";
  EXPECT_THROW((void)store_->list_jobs({.tags = many}, "", 2), std::invalid_argument);
}

TEST_F(StoreTest, Labels_AreUpdatedAndNothingElse) {
  auto job = a_job("r");
  job.tags = {{"old", "1"}};
  store_->add_job(job);
  job.display_name = "new name";
  job.tags = {{"new", "2"}};
  job.properties = {{"p", "q"}};
  job.archived = true;
  job.status = "Completed";
  job.definition = "changed";
  store_->update_job_labels(job);
  auto const found = store_->find_job("r");
  EXPECT_EQ(found->display_name, "new name");
  EXPECT_EQ(found->tags, job.tags);
  EXPECT_EQ(found->properties, job.properties);
  EXPECT_TRUE(found->archived);
  EXPECT_EQ(found->status, "Starting");
  EXPECT_EQ(found->definition, "{}");
  EXPECT_TRUE(store_->list_jobs({.tags = {{"old", ""}}}, "", 10).items.empty());
  EXPECT_EQ(store_->list_jobs({.tags = {{"new", "2"}}}, "", 10).items.size(), 1U);
  store_->update_job_labels(a_job("absent"));
  EXPECT_FALSE(store_->find_job("absent"));
}

TEST_F(StoreTest, Record_IsFoldedOnce) {
  store_->add_job(a_job("r"));
  EXPECT_TRUE(store_->apply_record("r", 1, {.status = "Running", .add_warnings = {"careful"}}));
  EXPECT_FALSE(store_->apply_record("r", 1, {.status = "Finalizing", .add_warnings = {"careful"}}));
  auto const found = store_->find_job("r");
  EXPECT_EQ(found->status, "Running");
  EXPECT_EQ(found->warnings, std::vector<std::string>{"careful"});
  EXPECT_EQ(found->applied_seq, 1U);
}

TEST_F(StoreTest, RecordWithAStepBack_MovesTheNumberOnly) {
  store_->add_job(a_job("r"));
  store_->apply_record("r", 1, {.status = "Running"});
  EXPECT_FALSE(store_->apply_record("r", 2, {.status = "Preparing", .status_detail = "no"}));
  auto const found = store_->find_job("r");
  EXPECT_EQ(found->status, "Running");
  EXPECT_EQ(found->status_detail, "");
  EXPECT_EQ(found->applied_seq, 2U);
  EXPECT_FALSE(store_->apply_record("absent", 1, {}));
}

TEST_F(StoreTest, TerminalStatus_IsNeverLeft) {
  store_->add_job(a_job("r"));
  EXPECT_TRUE(store_->apply_record("r", 1, {.status = "Failed", .error = "{}", .ended = TimePoint{} + std::chrono::seconds(9)}));
  EXPECT_FALSE(store_->change_job("r", {.status = "Failed", .error = "other"}));
  EXPECT_FALSE(store_->change_job("r", {.status = "Completed"}));
  store_->request_cancel("r");
  auto const found = store_->find_job("r");
  EXPECT_EQ(found->status, "Failed");
  EXPECT_EQ(found->error, "{}");
  EXPECT_FALSE(found->cancel_requested);
  EXPECT_EQ(found->ended, TimePoint{} + std::chrono::seconds(9));
}

TEST_F(StoreTest, ChangeWithoutStatus_AppliesAsDoesTheSameStatus) {
  store_->add_job(a_job("r"));
  EXPECT_TRUE(store_->change_job("r", {.status_detail = "position 3", .attempt_id = "a1"}));
  EXPECT_TRUE(store_->change_job("r", {.status = "Starting", .started = TimePoint{}}));
  auto const found = store_->find_job("r");
  EXPECT_EQ(found->status_detail, "position 3");
  EXPECT_EQ(found->attempt_id, "a1");
  EXPECT_EQ(found->started, TimePoint{});
  EXPECT_FALSE(store_->change_job("absent", {.status = "Running"}));
}

TEST_F(StoreTest, Cancel_SetsMarkAndStatusThenTheRunDecides) {
  store_->add_job(a_job("r"));
  store_->request_cancel("r");
  store_->request_cancel("r");
  EXPECT_TRUE(store_->find_job("r")->cancel_requested);
  EXPECT_EQ(store_->find_job("r")->status, "CancelRequested");
  EXPECT_FALSE(store_->apply_record("r", 1, {.status = "Running"}));
  EXPECT_TRUE(store_->apply_record("r", 2, {.status = "Completed"}));
  EXPECT_EQ(store_->find_job("r")->status, "Completed");
  store_->request_cancel("absent");
}

TEST_F(StoreTest, UnfinishedJobs_AreThoseNotTerminalOldestFirst) {
  store_->add_job(a_job("b", 20));
  store_->add_job(a_job("a", 10));
  store_->add_job(a_job("done", 5));
  store_->add_job(a_job("canceling", 30));
  store_->change_job("done", {.status = "Completed"});
  store_->request_cancel("canceling");
  auto const jobs = store_->unfinished_jobs();
  ASSERT_EQ(jobs.size(), 3U);
  EXPECT_EQ(jobs[0].name, "a");
  EXPECT_EQ(jobs[1].name, "b");
  EXPECT_EQ(jobs[2].name, "canceling");
}

}  // namespace
}  // namespace azureml::engine::store
