// Data of runs on the engine: what goes up to a datastore, how a script gets it, and what becomes of what the script
// leaves.
#include "integration/engine_fixture.hpp"
#include "support/mock_server.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using Files = std::map<std::string, std::string>;

class Data : public EngineTest {
 protected:
  /// Everything below a folder, by its path.
  static Files files_in(fs::path const& folder) {
    Files files;
    std::error_code error;
    for (auto const& entry : fs::recursive_directory_iterator(folder, error))
      if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = text_of(entry.path());
    return files;
  }
  DataReference upload(Workspace const& workspace, std::string const& target, Files const& files) {
    auto const folder = path("up" + std::to_string(++folders_));
    for (auto const& [name, text] : files) write((folder / name).lexically_relative(path("")).string(), text);
    return workspace.get_default_datastore().upload(folder, {.target_path = target, .overwrite = true});
  }
  Files download(Workspace const& workspace, std::string const& prefix) {
    auto const folder = path("down" + std::to_string(++folders_));
    workspace.get_default_datastore().download(folder, {.prefix = prefix});
    return files_in(folder);
  }
  /// The datastore's folder on this machine: what no run may touch.
  [[nodiscard]] Files on_disk() const {
    Files files;
    for (auto& [name, text] : files_in(home() / "blobs"))
      if (name.starts_with("azureml-blobstore-")) files[name.substr(name.find('/') + 1)] = text;
    return files;
  }
  RunDetails run(Workspace const& workspace, Estimator const& estimator) {
    auto const submitted = workspace.experiment("data").submit(estimator);
    run_id_ = submitted.id();
    return submitted.wait_for_completion({.raise_on_error = false});
  }
  [[nodiscard]] std::string log() const {
    return text_of(home() / "runs" / run_id_ / "artifacts/user_logs/std_log.txt");
  }
  /// The supervisor by its own word: a child that it has just forked looks the same.
  [[nodiscard]] pid_t supervisor_by_journal() const {
    auto const journal = text_of(home() / "runs" / run_id_ / "journal.jsonl");
    auto const first = nlohmann::json::parse(journal.substr(0, journal.find('\n')), nullptr, false);
    return first.is_object() ? first.value("pid", 0) : 0;
  }
  std::string run_id_{};
  int folders_ = 0;
};

constexpr char kReader[] = R"(
import os, sys
folder = sys.argv[1]
for root, _, names in sorted(os.walk(folder)):
    for name in sorted(names):
        print(os.path.relpath(os.path.join(root, name), folder), open(os.path.join(root, name)).read(), sep="=")
)";

constexpr char kAttacker[] = R"(
import os, shutil, sys
folder = sys.argv[1]
print(open(folder + "/a.csv").read())
def attempt(what):
    try: what()
    except OSError: pass
attempt(lambda: open(folder + "/a.csv", "a").write("harm"))
attempt(lambda: open(folder + "/new.csv", "w").write("harm"))
attempt(lambda: os.chmod(folder + "/a.csv", 0o777))
attempt(lambda: os.truncate(folder + "/a.csv", 0))
attempt(lambda: os.rename(folder + "/a.csv", folder + "/b.csv"))
attempt(lambda: shutil.rmtree(folder))
)";

TEST_F(Data, MountedFolder_IsReadAndNoRunCanHarmTheDatastore) {
  auto const workspace = attach();
  auto const train = upload(workspace, "train", {{"a.csv", "1,2"}, {"sub/b.csv", "3"}});
  auto const before = on_disk();
  ASSERT_EQ(before, (Files{{"train/a.csv", "1,2"}, {"train/sub/b.csv", "3"}}));
  auto reader = script(kReader);
  reader.script_params = {{"", train.as_mount()}};
  auto const details = run(workspace, reader);
  ASSERT_EQ(details.status, RunState::completed) << (details.error ? details.error->message : "");
  EXPECT_EQ(log(), "a.csv=1,2\nsub/b.csv=3\n");
  auto attacker = script(kAttacker);
  attacker.script_params = {{"", train.as_mount()}};
  EXPECT_EQ(run(workspace, attacker).status, RunState::completed);
  EXPECT_EQ(log(), "1,2\n");
  EXPECT_EQ(on_disk(), before);
  EXPECT_EQ(download(workspace, "train/"), (Files{{"train/a.csv", "1,2"}, {"train/sub/b.csv", "3"}}));
  EXPECT_TRUE(eventually([&] { return !fs::exists(home() / "runs" / run_id_ / "data"); }));  // after the last record
}

TEST_F(Data, Download_IsACopyAtTheScriptsPathThatItMayChange) {
  auto const workspace = attach();
  auto const train = upload(workspace, "train", {{"a.csv", "1,2"}});
  auto estimator = script(R"(
import os, sys
assert os.path.samefile("in/put", sys.argv[1])
open("in/put/a.csv", "a").write("+")
open("in/put/own.csv", "w").write("x")
print(open(sys.argv[1] + "/a.csv").read(), os.environ["AZUREML_DATAREFERENCE_" + sys.argv[2]] == sys.argv[1])
)");
  auto reference = train.as_download("in/put");
  reference.name = "given";
  estimator.script_params = {{"", reference}, {"", "given"}};
  EXPECT_EQ(run(workspace, estimator).status, RunState::completed);
  EXPECT_EQ(log(), "1,2+ True\n");
  EXPECT_EQ(on_disk(), (Files{{"train/a.csv", "1,2"}}));
}

TEST_F(Data, WholeDatastoreAndSingleFile_AreMountedToo) {
  auto const workspace = attach();
  auto const datastore = workspace.get_default_datastore();
  auto reader = script(kReader);
  reader.script_params = {{"", datastore.as_mount()}};
  EXPECT_EQ(run(workspace, reader).status, RunState::completed);  // nothing was ever uploaded
  EXPECT_EQ(log(), "");
  upload(workspace, "a b", {{"c d.csv", "1"}});
  EXPECT_EQ(run(workspace, reader).status, RunState::completed);
  EXPECT_EQ(log(), "a b/c d.csv=1\n");
  auto file = script("import sys\nprint(open(sys.argv[1]).read(), sys.argv[1].endswith('/c d.csv'))\n");
  file.script_params = {{"", datastore.path("a b/c d.csv").as_mount()}};
  EXPECT_EQ(run(workspace, file).status, RunState::completed);
  EXPECT_EQ(log(), "1 True\n");
}

TEST_F(Data, Upload_ReplacesWhatIsThereAndFeedsTheNextRun) {
  auto const workspace = attach();
  upload(workspace, "results", {{"old.txt", "stays"}, {"model.txt", "old"}});
  auto estimator = script(R"(
import os, sys
assert os.path.samefile("out/here", sys.argv[1])
open("out/here/model.txt", "w").write("weights")
os.makedirs("out/here/deep/er")
open("out/here/deep/er/empty", "w")
)");
  auto const results = workspace.get_default_datastore().path("results");
  estimator.script_params = {{"", results.as_upload("out/here")}};
  auto const details = run(workspace, estimator);
  ASSERT_EQ(details.status, RunState::completed) << (details.error ? details.error->message : "") << log();
  Files const expected{{"results/old.txt", "stays"}, {"results/model.txt", "weights"}, {"results/deep/er/empty", ""}};
  EXPECT_EQ(download(workspace, "results/"), expected);
  auto reader = script(kReader);
  reader.script_params = {{"", results.as_mount()}};
  EXPECT_EQ(run(workspace, reader).status, RunState::completed);
  EXPECT_EQ(log(), "model.txt=weights\nold.txt=stays\ndeep/er/empty=\n");
}

TEST_F(Data, ScriptThatFails_StillLeavesItsOutput) {
  auto const workspace = attach();
  auto estimator = script("import sys\nopen(sys.argv[1] + '/checkpoint', 'w').write('partial')\nsys.exit(3)\n");
  estimator.script_params = {{"", workspace.get_default_datastore().path("ck").as_upload()}};
  auto const details = run(workspace, estimator);
  EXPECT_EQ(details.status, RunState::failed);
  EXPECT_EQ(details.error->code, "UserError");
  EXPECT_EQ(download(workspace, "ck/"), (Files{{"ck/checkpoint", "partial"}}));
}

TEST_F(Data, OutputWithAnAssetName_IsRegisteredAndIsTheInputOfAnother) {
  auto const workspace = attach();
  auto estimator = script("import os\nopen(os.environ['AZUREML_DATAREFERENCE_model'] + '/w', 'w').write('weights')\n");
  estimator.outputs = {{"model", {.asset_name = "my-model"}}};
  auto const first = run(workspace, estimator);
  ASSERT_EQ(first.status, RunState::completed) << (first.error ? first.error->message : "") << log();
  auto const first_id = run_id_;
  EXPECT_EQ(run(workspace, estimator).status, RunState::completed);
  auto reader = script(kReader);
  for (std::string const address : {"azureml:my-model:1", "azureml:my-model@latest", "azureml:my-model:2"}) {
    reader.inputs = {Input("m", address)};
    reader.script_params = {{"", "$AZUREML_DATAREFERENCE_m"}};
    auto const details = run(workspace, reader);
    ASSERT_EQ(details.status, RunState::completed) << (details.error ? details.error->message : "");
    EXPECT_EQ(log(), "w=weights\n") << address;
  }
  // By the job that made it, too.
  reader.inputs = {Input("m", "azureml://jobs/" + first_id + "/outputs/model")};
  EXPECT_EQ(run(workspace, reader).status, RunState::completed);
  EXPECT_EQ(log(), "w=weights\n");
  EXPECT_EQ(on_disk().at("azureml/" + first_id + "/model/w"), "weights");
}

TEST_F(Data, ArtifactsOfARun_AreTheInputOfAnother) {
  auto const workspace = attach();
  EXPECT_EQ(run(workspace, script("open('outputs/model.txt', 'w').write('weights')\n")).status, RunState::completed);
  auto const first = run_id_;
  auto reader = script(kReader);
  reader.inputs = {Input("m", "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid." + first + "/outputs")};
  reader.script_params = {{"", "$AZUREML_DATAREFERENCE_m"}};
  auto const details = run(workspace, reader);
  ASSERT_EQ(details.status, RunState::completed) << (details.error ? details.error->message : "");
  EXPECT_EQ(log(), "model.txt=weights\n");
  EXPECT_EQ(text_of(home() / "runs" / first / "artifacts/outputs/model.txt"), "weights");
}

TEST_F(Data, InputThatIsNotThere_FailsInPreparingNamingIt) {
  auto const workspace = attach();
  auto estimator = script("print('ran')\n");
  auto missing = workspace.get_default_datastore().path("no/such/folder").as_mount();
  missing.name = "train";
  estimator.script_params = {{"", missing}};
  auto const details = run(workspace, estimator);
  EXPECT_EQ(details.status, RunState::failed);
  ASSERT_TRUE(details.error);
  EXPECT_EQ(details.error->code, "DataNotFound");
  EXPECT_THAT(details.error->message, HasSubstr("'train'"));
  EXPECT_THAT(details.error->message, HasSubstr("no/such/folder"));
  EXPECT_EQ(log(), "");
}

TEST_F(Data, FileOfTheWeb_IsFetchedOrTheRunSaysWhyNot) {
  MockServer server;
  server.on("GET", "/d/data.csv", MockReply{.body = "1,2,3"});
  server.on("GET", "/none.csv", MockReply{.status = 404});
  auto const workspace = attach();
  auto estimator = script("import sys\nprint(open(sys.argv[1]).read(), sys.argv[1].endswith('/data.csv'))\n");
  estimator.script_params = {{"", "$AZUREML_DATAREFERENCE_web"}};
  estimator.inputs = {Input("web", server.url() + "/d/data.csv")};
  estimator.inputs[0].type = "uri_file";
  auto const details = run(workspace, estimator);
  ASSERT_EQ(details.status, RunState::completed) << (details.error ? details.error->message : "");
  EXPECT_EQ(log(), "1,2,3 True\n");
  estimator.inputs[0].address = server.url() + "/none.csv";
  auto const failed = run(workspace, estimator);
  EXPECT_EQ(failed.status, RunState::failed);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, "DataFetchFailed");
  EXPECT_THAT(failed.error->message, HasSubstr("404"));
}

TEST_F(Data, CancelWhileDataIsPrepared_EndsTheRun) {
  MockServer server;
  server.on("GET", "/slow.csv", MockReply{.hold = true});
  auto const workspace = attach();
  auto estimator = script("print('ran')\n");
  estimator.inputs = {Input("web", server.url() + "/slow.csv")};
  estimator.inputs[0].type = "uri_file";
  auto const submitted = workspace.experiment("data").submit(estimator);
  ASSERT_TRUE(eventually([&] { return submitted.get_details().status_detail == "preparing data"; }));
  submitted.cancel();
  EXPECT_EQ(submitted.wait_for_completion({.raise_on_error = false}).status, RunState::canceled);
  EXPECT_TRUE(eventually([&] { return supervisor_of(submitted.id()) == 0; }));
}

/// kill -9 of the supervisor, of the engine, of both, while data is prepared, while the script has it, and when the
/// script has ended.
enum class Victim { supervisor, engine, both };
struct Point {
  char const* name;
  Victim victim;
};
void PrintTo(Point const& point, std::ostream* out) {
  *out << point.name << static_cast<int>(point.victim);
}

class DataCrash : public Data, public testing::WithParamInterface<Point> {};

TEST_P(DataCrash, AtThisPoint_HarmsNoDataAndLosesNoOutput) {
  auto const [name, victim] = GetParam();
  std::string const point = name;
  MockServer server;
  server.on("GET", "/slow.csv", MockReply{.body = "1", .hold = true});
  auto const workspace = attach();
  auto const train = upload(workspace, "train", {{"a.csv", "1,2"}});
  // One process outlives the script: until it is ended the outputs are not stored.
  auto estimator = script(R"(
import os, subprocess, sys, time
open(sys.argv[2] + "/early", "w").write("early")
print(open(sys.argv[1] + "/a.csv").read(), flush=True)
if sys.argv[4] == "running":
    while not os.path.exists(sys.argv[3]): time.sleep(0.01)
open(sys.argv[2] + "/late", "w").write("late")
if sys.argv[4] == "ended": subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
)");
  estimator.script_params = {{"", train.as_mount()},
                             {"", workspace.get_default_datastore().path("out").as_upload()},
                             {"", path("gate")},
                             {"", point}};
  if (point == "preparing") {
    estimator.inputs = {Input("web", server.url() + "/slow.csv")};
    estimator.inputs[0].type = "uri_file";
  }
  auto const submitted = workspace.experiment("data").submit(estimator);
  run_id_ = submitted.id();
  ASSERT_TRUE(eventually([&] {
    auto const details = submitted.get_details();
    if (point == "preparing") return details.status_detail == "preparing data";
    if (point == "running") return log() == "1,2\n";
    return details.status == RunState::finalizing;
  }));
  auto const supervisor = supervisor_by_journal();
  auto const engine = engine_pid();
  ASSERT_GT(supervisor, 0);
  if (victim != Victim::engine) ::kill(supervisor, SIGKILL);
  if (victim != Victim::supervisor) {
    ::kill(engine, SIGKILL);
    ASSERT_TRUE(eventually([&] { return ::kill(engine, 0) != 0; }));
  }
  server.release();
  if (victim == Victim::engine) write("gate", "");

  auto const again = attach();
  auto const details = again.get_run(run_id_).wait_for_completion({.raise_on_error = false});
  EXPECT_EQ(details.status, victim == Victim::engine ? RunState::completed : RunState::failed)
      << (details.error ? details.error->message : "");
  if (victim != Victim::engine) {
    ASSERT_TRUE(details.error);
    EXPECT_EQ(details.error->code, "SupervisorLost");
  }
  Files expected;
  if (point != "preparing" || victim == Victim::engine) expected["out/early"] = "early";
  if (point == "ended" || victim == Victim::engine) expected["out/late"] = "late";
  EXPECT_EQ(download(again, "out/"), expected);
  EXPECT_EQ(download(again, "train/"), (Files{{"train/a.csv", "1,2"}}));
  EXPECT_TRUE(processes_of(run_id_).empty());
  EXPECT_TRUE(eventually([&] { return supervisor_of(run_id_) == 0; }));
  EXPECT_TRUE(eventually([&] { return !fs::exists(home() / "runs" / run_id_ / "data"); }));  // after the last record
}

constexpr Point kPoints[] = {
    {"preparing", Victim::supervisor}, {"preparing", Victim::engine}, {"preparing", Victim::both},
    {"running", Victim::supervisor},   {"running", Victim::engine},   {"running", Victim::both},
    {"ended", Victim::supervisor},     {"ended", Victim::engine},     {"ended", Victim::both}};

std::string name_of(testing::TestParamInfo<Point> const& info) {
  char const* victim = "both";
  if (info.param.victim == Victim::supervisor) victim = "supervisor";
  if (info.param.victim == Victim::engine) victim = "engine";
  return std::string(info.param.name) + "_" + victim;
}

INSTANTIATE_TEST_SUITE_P(Points, DataCrash, testing::ValuesIn(kPoints), name_of);

}  // namespace
}  // namespace azureml::test
