// The record of a run on the engine: what it is called and filed under, its place in the queue, lists of runs, all its logs.
#include "integration/engine_fixture.hpp"

#include <gmock/gmock.h>

namespace azureml::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class RunRecord : public EngineTest {
 protected:
  std::vector<std::string> ids(Pager<azureml::Run> pager) {
    std::vector<std::string> found;
    for (auto const& one : pager) found.push_back(one.id());
    return found;
  }
  /// Runs until `finish`.
  azureml::Run start(Experiment const& experiment, std::string const& id) {
    return experiment.submit(script("import os, time\nprint('begun', flush=True)\nwhile not os.path.exists('" + path("go").string() + "'):\n  time.sleep(0.01)\n"),
                             {.run_id = id});
  }
  void finish() { write("go", ""); }
};

TEST_F(RunRecord, Labels_AreChangedAndKept) {
  auto const ws = attach();
  auto const run = ws.experiment("names").submit(script("print('x')"), {.tags = {{"first", "1"}}, .display_name = "At first"});
  run.set_tags({{"first", "2"}, {"odd = key", "ü\n\"quoted\""}});
  run.tag("bare");
  run.remove_tags({"absent"});
  run.add_properties({{"p", "1"}});
  run.set_display_name("A name");
  run.set_description("What it is for");
  run.wait_for_completion();
  auto const info = ws.get_run(run.id()).get_info();
  EXPECT_EQ(info.display_name, "A name");
  EXPECT_EQ(info.description, "What it is for");
  EXPECT_EQ(info.type, "azureml.scriptrun");
  EXPECT_TRUE(info.created_utc);
  EXPECT_THAT(info.tags, ElementsAre(Pair("bare", ""), Pair("first", "2"), Pair("odd = key", "ü\n\"quoted\"")));
  EXPECT_THAT(info.properties, Contains(Pair("p", "1")));
  EXPECT_EQ(run.get_details().tags, info.tags);
  try {
    run.add_properties({{"p", "2"}});
    FAIL() << "a property was changed";
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 400);
    EXPECT_THAT(error.what(), HasSubstr("'p'"));
  }
  run.remove_tags({"first", "odd = key"});
  EXPECT_THAT(run.get_tags(), ElementsAre(Pair("bare", "")));
}

TEST_F(RunRecord, RunThatWaits_KnowsItsPlace) {
  auto const ws = attach();
  auto const experiment = ws.experiment("queue");
  auto const first = start(experiment, "first"), second = start(experiment, "second"), third = start(experiment, "third");
  RunDetails details;
  ASSERT_TRUE(eventually([&] { return (details = third.get_details()).queue_position == 2; }));
  EXPECT_EQ(details.queue_length, 2);
  EXPECT_THAT(details.status_detail, HasSubstr("2 of 2"));
  EXPECT_EQ(second.get_details().queue_position, 1);
  EXPECT_FALSE(first.get_details().queue_position);
  second.cancel();
  EXPECT_TRUE(eventually([&] { return third.get_details().queue_position == 1; }));
  finish();
  EXPECT_FALSE(third.wait_for_completion().queue_position);
}

TEST_F(RunRecord, Lists_AreOfTheRunsAskedFor) {
  auto const ws = attach();
  auto const a = ws.experiment("a"), b = ws.experiment("b");
  EXPECT_THAT(ids(a.get_runs()), IsEmpty());
  auto const bad = a.submit(script("raise SystemExit(3)"), {.tags = {{"k", "v"}}, .run_id = "a1"});
  bad.wait_for_completion({.raise_on_error = false});
  a.submit(script("print(2)"), {.tags = {{"k", "v"}, {"odd key", "it's odd"}}, .run_id = "a2"}).wait_for_completion();
  b.submit(script("print(3)"), {.tags = {{"k", "other"}}, .run_id = "b1"}).wait_for_completion();
  bad.add_properties({{"p", "1"}});
  EXPECT_THAT(ids(a.get_runs()), ElementsAre("a2", "a1"));
  EXPECT_THAT(ids(a.get_runs({.status = "Failed"})), ElementsAre("a1"));
  EXPECT_THAT(ids(a.get_runs({.tags = {{"odd key", "it's odd"}}})), ElementsAre("a2"));
  EXPECT_THAT(ids(a.get_runs({.properties = {{"p", ""}}})), ElementsAre("a1"));
  EXPECT_THAT(ids(a.get_runs({.type = "azureml.scriptrun", .include_children = true})), ElementsAre("a2", "a1"));
  EXPECT_THAT(ids(a.get_runs({.type = "hyperdrive"})), IsEmpty());
  EXPECT_THAT(ids(ws.get_runs()), ElementsAre("b1", "a2", "a1"));
  EXPECT_THAT(ids(ws.get_runs({.tags = {{"k", "v"}}})), ElementsAre("a2", "a1"));
  EXPECT_THAT(ids(ws.get_runs({.type = "azureml.scriptrun", .status = "Failed"})), ElementsAre("a1"));
  EXPECT_THAT(ids(bad.get_children()), IsEmpty());
  bad.archive();
  EXPECT_THAT(ids(a.get_runs()), ElementsAre("a2"));
  EXPECT_THAT(ids(ws.get_runs({.view = RunView::archived_only})), ElementsAre("a1"));
  EXPECT_THAT(ids(a.get_runs({.view = RunView::all})), ElementsAre("a2", "a1"));
  bad.restore();
  EXPECT_THAT(ids(a.get_runs()), ElementsAre("a2", "a1"));
  EXPECT_FALSE(a.get_runs().first()->get_portal_url().empty());
  EXPECT_EQ(a.get_runs().first()->get_portal_url(), ws.get_run("a2").get_portal_url());
}

TEST_F(RunRecord, AllLogs_AreTheBytesOfTheRun) {
  auto const ws = attach();
  auto const run = ws.experiment("logs").submit(script("import sys\nsys.stdout.buffer.write(b'a\\xff\\x00\\r\\n' * 100000)\n"));
  run.wait_for_completion();
  auto const paths = run.get_all_logs(path("logs"));
  EXPECT_THAT(paths, Contains(path("logs/user_logs/std_log.txt")));
  auto const text = text_of(path("logs/user_logs/std_log.txt"));
  EXPECT_EQ(text.size(), 500000U);
  EXPECT_EQ(text, log_of(run));
}

}  // namespace
}  // namespace azureml::test
