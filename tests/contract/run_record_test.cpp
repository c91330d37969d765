// What runs are called and filed under, their lists and their logs, against the mocked service.
#include "contract/run_fixture.hpp"

namespace azureml::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

struct RunRecord : RunTest {
  std::vector<std::string> ids(Pager<azureml::Run> pager) {
    std::vector<std::string> found;
    for (auto const& one : pager) found.push_back(one.id());
    return found;
  }
};

TEST_F(RunRecord, Info_IsOneRequestOnceTheWorkspaceIsKnown) {
  auto const named = make_run("run_2", R"({"displayName":"A name","description":"d","experimentName":"diabetes","tags":{"a":"1"},"properties":{"p":"2"}})");
  (void)named.get_info();
  auto const before = service.server().requests().size();
  auto const info = named.get_info();
  EXPECT_EQ(service.server().requests().size(), before + 1);
  EXPECT_EQ(info.run_id, "run_2");
  EXPECT_EQ(info.experiment_name, "diabetes");
  EXPECT_EQ(info.display_name, "A name");
  EXPECT_EQ(info.description, "d");
  EXPECT_EQ(info.type, "azureml.scriptrun");
  EXPECT_EQ(info.number, 1774584206);
  EXPECT_EQ(info.root_run_id, "run_2");
  EXPECT_EQ(info.parent_run_id, "");
  EXPECT_TRUE(info.created_utc);
  EXPECT_FALSE(info.is_archived);
  EXPECT_THAT(info.tags, ElementsAre(Pair("a", "1")));
  EXPECT_THAT(info.properties, ElementsAre(Pair("p", "2")));
}

TEST_F(RunRecord, Tags_AreAddedChangedAndRemoved) {
  run.set_tags({{"a", "1"}, {"b", "2"}});
  run.tag("b", "3");
  run.tag("bare");
  EXPECT_THAT(run.get_tags(), ElementsAre(Pair("a", "1"), Pair("b", "3"), Pair("bare", "")));
  EXPECT_THAT(run.get_details().tags, ElementsAre(Pair("a", "1"), Pair("b", "3"), Pair("bare", "")));
  run.remove_tags({"a", "absent", "bare"});
  EXPECT_THAT(run.get_tags(), ElementsAre(Pair("b", "3")));
  EXPECT_EQ(asked("PATCH", "/experiments/Default/runs/run_1"), 3U);
}

TEST_F(RunRecord, NothingToChange_AsksNothing) {
  auto const before = service.server().requests().size();
  run.set_tags({});
  run.remove_tags({});
  run.add_properties({});
  EXPECT_EQ(service.server().requests().size(), before);
}

TEST_F(RunRecord, KeysAndTextThatCannotBe_AreFaultsBeforeAnyRequest) {
  auto const before = service.server().requests().size();
  EXPECT_THAT(thrown<ValidationError>([&] { run.set_tags({{"", "x"}, {"k", "\xff"}, {"\xfe", "x"}}); }).faults().size(), 3U);
  EXPECT_THROW(run.tag(""), ValidationError);
  EXPECT_THROW(run.remove_tags({"a", ""}), ValidationError);
  EXPECT_THROW(run.add_properties({{"", "x"}}), ValidationError);
  EXPECT_THROW(run.set_display_name(""), ValidationError);
  EXPECT_THROW(run.set_display_name("\xff"), ValidationError);
  EXPECT_THROW(run.set_description("\xff"), ValidationError);
  EXPECT_EQ(service.server().requests().size(), before);
}

TEST_F(RunRecord, Properties_AreWrittenOnce) {
  run.add_properties({{"p", "1"}});
  run.add_properties({{"p", "1"}, {"q", "2"}});
  auto const error = thrown<ServiceError>([&] { run.add_properties({{"p", "other"}}); });
  EXPECT_EQ(error.status(), 400);
  EXPECT_THAT(error.what(), HasSubstr("add properties to run 'run_1'"));
  EXPECT_THAT(run.get_properties(), ElementsAre(Pair("p", "1"), Pair("q", "2")));
}

TEST_F(RunRecord, Names_AreChangedAlone) {
  run.tag("kept", "1");
  run.set_display_name("Größe");
  run.set_description("two\nlines");
  run.set_description("");
  auto const info = run.get_info();
  EXPECT_EQ(info.display_name, "Größe");
  EXPECT_EQ(info.description, "");
  EXPECT_THAT(info.tags, ElementsAre(Pair("kept", "1")));
}

TEST_F(RunRecord, ArchivedRun_IsInTheListsThatAskForIt) {
  make_run("run_2");
  run.archive();
  EXPECT_TRUE(run.get_info().is_archived);
  auto const experiment = workspace.experiment("Default");
  for (auto const& list : {std::function<Pager<azureml::Run>(GetRunsOptions const&)>([&](auto const& options) { return workspace.get_runs(options); }),
                           std::function<Pager<azureml::Run>(GetRunsOptions const&)>([&](auto const& options) { return experiment.get_runs(options); })}) {
    EXPECT_THAT(ids(list({})), ElementsAre("run_2"));
    EXPECT_THAT(ids(list({.view = RunView::archived_only})), ElementsAre("run_1"));
    EXPECT_THAT(ids(list({.view = RunView::all})), ElementsAre("run_2", "run_1"));
  }
  run.restore();
  EXPECT_FALSE(run.get_info().is_archived);
  EXPECT_THAT(ids(workspace.get_runs()), ElementsAre("run_2", "run_1"));
}

TEST_F(RunRecord, RunThatIsGone_IsNotFound) {
  auto const gone = run;
  service.server().once("PATCH", "/history/*", json_reply(R"({"error":{"code":"UserError","message":"Run run_1 was not found","innerError":{"code":"NotFoundError"}}})", 404));
  EXPECT_THROW(gone.tag("a"), NotFoundError);
}

TEST_F(RunRecord, ChangeWhoseAnswerIsLost_IsAskedAgain) {
  service.server().once("PATCH", "/history/*", MockReply{.no_answer = true});
  service.server().once("PATCH", "/history/*", throttled("1"));
  run.tag("a", "1");
  EXPECT_THAT(run.get_tags(), ElementsAre(Pair("a", "1")));
}

struct RunLists : RunRecord {
  RunLists() {
    service.add_job("a1", R"({"experimentName":"a","tags":{"k":"v","odd key":"odd value"},"properties":{"p":"1"}})");
    service.add_job("b1", R"({"experimentName":"b","tags":{"k":"v"},"jobType":"Command"})");
    service.add_job("a2", R"({"experimentName":"a","tags":{"k":"other"}})", {{.status = "Running"}});
    service.add_job("a3", R"({"experimentName":"a","tags":{"k":"v"},"jobType":"Sweep"})");
    service.add_job("a3_0", R"({"experimentName":"a","parentJobName":"a3","tags":{"k":"v"}})");
    service.add_job("a3_1", R"({"experimentName":"a","parentJobName":"a3"})", {{.status = "Running"}});
  }
  Experiment experiment = workspace.experiment("a");
};

TEST_F(RunLists, RunsOfAnExperiment_AreItsTopLevelOnesNewestFirst) {
  EXPECT_THAT(ids(experiment.get_runs()), ElementsAre("a3", "a2", "a1"));
  EXPECT_THAT(ids(experiment.get_runs({.include_children = true})), ElementsAre("a3_1", "a3_0", "a3", "a2", "a1"));
  EXPECT_EQ(asked("GET", "/jobs"), 1U) << "only that of the fixture's run";
}

TEST_F(RunLists, Filters_HoldWhateverTheServiceMakesOfThem) {
  EXPECT_THAT(ids(experiment.get_runs({.tags = {{"k", "v"}}})), ElementsAre("a3", "a1"));
  EXPECT_THAT(ids(experiment.get_runs({.tags = {{"odd key", "odd value"}}})), ElementsAre("a1"));
  EXPECT_THAT(ids(experiment.get_runs({.properties = {{"p", ""}}})), ElementsAre("a1"));
  EXPECT_THAT(ids(experiment.get_runs({.status = "Running"})), ElementsAre("a2"));
  EXPECT_THAT(ids(experiment.get_runs({.type = "hyperdrive"})), IsEmpty());
  auto const queries = service.server().requests("POST", "/history/*");
  EXPECT_THAT(queries.front().body, HasSubstr("(Tags/k eq v) and (ParentRunId eq null)"));
}

TEST_F(RunLists, RunsOfAWorkspace_AreFiltered) {
  EXPECT_THAT(ids(workspace.get_runs({.tags = {{"k", "v"}}})), ElementsAre("a3", "b1", "a1"));
  EXPECT_THAT(ids(workspace.get_runs({.properties = {{"p", "1"}}})), ElementsAre("a1"));
  EXPECT_THAT(ids(workspace.get_runs({.status = "Running"})), ElementsAre("a2"));
  EXPECT_THAT(ids(workspace.get_runs({.type = "hyperdrive"})), ElementsAre("a3"));
  EXPECT_EQ(asked("GET", "jobType=Sweep"), 1U);
  EXPECT_THAT(thrown<ValidationError>([&] { workspace.get_runs({.include_children = true}); }).what(), HasSubstr("include_children"));
}

TEST_F(RunLists, Children_AreThoseOfTheRun) {
  auto const parent = workspace.get_run("a3");
  EXPECT_THAT(ids(parent.get_children()), ElementsAre("a3_1", "a3_0"));
  EXPECT_THAT(ids(parent.get_children({.status = "Running"})), ElementsAre("a3_1"));
  EXPECT_THAT(ids(parent.get_children({.tags = {{"k", "v"}}})), ElementsAre("a3_0"));
  EXPECT_THAT(ids(workspace.get_run("a2").get_children()), IsEmpty());
  auto const child = parent.get_children().first();
  ASSERT_TRUE(child);
  EXPECT_EQ(child->experiment_name(), "a");
  EXPECT_EQ(child->get_info().parent_run_id, "a3");
  EXPECT_EQ(child->get_details().status, RunState::running);
}

TEST_F(RunLists, RunOfAList_HasStatusAndPage) {
  auto const found = experiment.get_runs({.status = "Running"}).first();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->last_status(), RunState::running);
  EXPECT_EQ(found->get_portal_url(),
            "https://ml.azure.com/runs/a2?wsid=/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/group/workspaces/ws");
}

TEST_F(RunLists, ExperimentWithoutRuns_IsAnEmptyList) {
  EXPECT_THAT(ids(workspace.experiment("nobody-knows-it").get_runs()), IsEmpty());
}

TEST_F(RunLists, ListIsLazy_APageForEachRequest) {
  auto pager = experiment.get_runs();
  EXPECT_EQ(asked("POST", "runs:query"), 0U);
  EXPECT_TRUE(pager.first());
  EXPECT_EQ(asked("POST", "runs:query"), 3U) << "an empty page, one with two children, one with a run";
}

struct RunLogs : RunRecord {};

TEST_F(RunLogs, AllLogs_LieBelowTheDirectory) {
  service.add_file("run_1", "user_logs/std_log.txt", "line\n");
  service.add_file("run_1", "azureml-logs/20_image_build_log.txt", "build\n");
  service.add_file("run_1", "system_logs/lifecycler/x.log", "system\n");
  service.add_file("run_1", "user_logs/empty.txt", "");
  service.add_file("run_1", "outputs/model.txt", "no log");
  service.add_file("run_1", "logs/own.txt", "no log of the run's");
  auto const paths = run.get_all_logs(path("logs"));
  EXPECT_THAT(paths, ElementsAre(path("logs/azureml-logs/20_image_build_log.txt"), path("logs/system_logs/lifecycler/x.log"),
                                 path("logs/user_logs/empty.txt"), path("logs/user_logs/std_log.txt")));
  std::map<std::string, std::string> const expected{{"azureml-logs/20_image_build_log.txt", "build\n"},
                                                    {"system_logs/lifecycler/x.log", "system\n"},
                                                    {"user_logs/empty.txt", ""},
                                                    {"user_logs/std_log.txt", "line\n"}};
  EXPECT_EQ(tree("logs"), expected);
  EXPECT_EQ(run.get_all_logs(path("logs")), paths) << "a second time";
  EXPECT_EQ(tree("logs"), expected);
}

TEST_F(RunLogs, RunThatGoesOn_GivesWhatIsThere) {
  service.add_job("run_2", "{}", {{.status = "Running", .appended = {{"user_logs/std_log.txt", "one\n"}}}, {.status = "Running", .appended = {{"user_logs/std_log.txt", "two\n"}}}});
  auto const going = workspace.get_run("run_2");
  going.get_all_logs(path("logs"));
  EXPECT_EQ(text_of(path("logs/user_logs/std_log.txt")), "one\ntwo\n");
}

TEST_F(RunLogs, RunWithoutLogs_GivesNone) {
  EXPECT_THAT(run.get_all_logs(path("logs")), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_directory(path("logs")));
}

TEST_F(RunLogs, AddressThatIsOver_IsAskedForAgain) {
  service.add_file("run_1", "user_logs/std_log.txt", "line\n");
  service.server().once("GET", artifact_blob("user_logs/std_log.txt"), MockReply{.status = 403, .headers = {{"x-ms-request-id", "1"}}});
  run.get_all_logs(path("logs"));
  EXPECT_EQ(text_of(path("logs/user_logs/std_log.txt")), "line\n");
}

TEST_F(RunLogs, LogThatBreaksOff_LeavesNothingOfItself) {
  service.add_file("run_1", "user_logs/std_log.txt", "line\n");
  for (int i = 0; i < 2; ++i)
    service.server().once("GET", artifact_blob("user_logs/std_log.txt"), MockReply{.status = 403, .headers = {{"x-ms-request-id", "1"}}});
  EXPECT_THROW(run.get_all_logs(path("logs")), ServiceError);
  EXPECT_THAT(tree("logs"), IsEmpty());
}

TEST_F(RunLogs, NamesThatLeaveTheDirectory_AreRefusedBeforeAnythingIsWritten) {
  service.add_file("run_1", "user_logs/../../evil.txt", "x");
  EXPECT_THROW(run.get_all_logs(path("logs")), ValidationError);
  EXPECT_FALSE(std::filesystem::exists(path("evil.txt")));
  EXPECT_FALSE(std::filesystem::exists(path("logs")));
}

TEST_F(RunLogs, LinkOnTheWay_IsNotFollowed) {
  service.add_file("run_1", "user_logs/std_log.txt", "line\n");
  std::filesystem::create_directories(path("elsewhere"));
  std::filesystem::create_directories(path("logs"));
  std::filesystem::create_directory_symlink(path("elsewhere"), path("logs/user_logs"));
  EXPECT_THROW(run.get_all_logs(path("logs")), FileError);
  EXPECT_TRUE(std::filesystem::is_empty(path("elsewhere")));
}

TEST_F(RunLogs, FileInPlaceOfTheDirectory_IsAnError) {
  service.add_file("run_1", "user_logs/std_log.txt", "line\n");
  std::ofstream(path("logs")) << "mine";
  EXPECT_THROW(run.get_all_logs(path("logs")), FileError);
  EXPECT_EQ(text_of(path("logs")), "mine");
}

}  // namespace
}  // namespace azureml::test
