// Data of a run, with a real supervisor process.
#include "engine/runner/manifest.hpp"
#include "unit/runner/supervised_run.hpp"

#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using test::SupervisedRun;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct DataRun : SupervisedRun {
  explicit DataRun(std::string const& command) : SupervisedRun(command) {
    test::write_text(store() / "train/a.csv", "data\n");
    test::write_text(store() / "train/sub/b.csv", "more\n");
  }
  [[nodiscard]] fs::path store() const { return home() / "blobs/box"; }
  void add_input(std::string const& name, bool mount) {
    spec.data_inputs.push_back({.name = name,
                                .kind = DataInput::Kind::folder,
                                .mount = mount,
                                .address = "azureml://x",
                                .source = (store() / "train").string()});
  }
  void add_output(std::string const& name, std::string const& asset = {}) {
    spec.data_outputs.push_back({.name = name,
                                 .address = "azureml://datastores/d/paths/out/" + name,
                                 .container = "box",
                                 .directory = store().string(),
                                 .path = "out/" + name,
                                 .asset_name = asset,
                                 .asset_type = "uri_folder"});
  }
  [[nodiscard]] std::string log() const { return artifact("user_logs/std_log.txt"); }
  [[nodiscard]] bool store_is_whole() const {
    return test::read_text(store() / "train/a.csv") == "data\n" &&
           test::read_text(store() / "train/sub/b.csv") == "more\n" &&
           std::distance(fs::recursive_directory_iterator(store() / "train"), fs::recursive_directory_iterator()) == 3;
  }
};

constexpr char kAttack[] =
    "cd \"${{inputs.train}}\"; cat a.csv sub/b.csv; echo x >> a.csv; rm -f sub/b.csv; touch new; mkdir d; mv a.csv "
    "c.csv; chmod 777 a.csv; true";

struct Ways : ::testing::TestWithParam<char const*> {};
INSTANTIATE_TEST_SUITE_P(Data, Ways, ::testing::Values("auto", "copy"),
                         [](auto const& way) { return std::string(way.param); });

TEST_P(Ways, MountedInput_IsReadAndCannotBeHarmed) {
  DataRun run(kAttack);
  run.spec.mounts = GetParam();
  run.add_input("train", true);
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Completed");
  EXPECT_THAT(run.log(), ::testing::StartsWith("data\nmore\n"));
  EXPECT_TRUE(run.store_is_whole());
  EXPECT_FALSE(fs::exists(run.paths.data()));
  auto const way = run.wait_event("started")["data"].get<std::string>();
  if (std::string(GetParam()) == "copy") {
    EXPECT_EQ(way, "copied");
  }
  bool const warned = end["warnings"].dump().find("was copied for this run") != std::string::npos;
  EXPECT_EQ(warned, way == "copied");
}

TEST_P(Ways, LinkToTheDataInTheWorkingDirectory_WorksAndIsRemovedWithoutTheData) {
  DataRun run(
      "export AZUREML_DATAREFERENCE_train=\"${{inputs.train}}\" && mkdir -p in && ln -sfn \"${{inputs.train}}\" "
      "in/data && cat in/data/a.csv && "
      "echo $AZUREML_DATAREFERENCE_train && echo $AZURE_ML_INPUT_train");
  run.spec.mounts = GetParam();
  run.add_input("train", true);
  EXPECT_EQ(run.run()["status"], "Completed");
  auto const path = run.paths.data_input("train").string();
  EXPECT_EQ(run.log(), "data\n" + path + "\n" + path + "\n");
  EXPECT_FALSE(fs::exists(run.paths.work()));
  EXPECT_TRUE(run.store_is_whole());
}

TEST_P(Ways, KilledSupervisor_LeavesTheDatastoreWhole) {
  DataRun run("cat \"${{inputs.train}}\"/a.csv; echo ready; sleep 300");
  run.spec.mounts = GetParam();
  run.add_input("train", true);
  run.start();
  ASSERT_TRUE(run.wait_text("artifacts/user_logs/std_log.txt", "ready"));
  run.kill(SIGKILL);
  run.wait_exit();
  // As the engine does, and worse: while the script still has its mounts.
  fs::remove_all(run.paths.root / "data");
  fs::remove_all(run.paths.root / "work");
  EXPECT_TRUE(run.store_is_whole());
}

TEST(SupervisorData, Download_IsACopyOfTheScriptsOwn) {
  DataRun run("cd \"${{inputs.train}}\" && echo x >> a.csv && rm sub/b.csv && cat a.csv");
  run.add_input("train", false);
  EXPECT_EQ(run.run()["status"], "Completed");
  EXPECT_EQ(run.log(), "data\nx\n");
  EXPECT_TRUE(run.store_is_whole());
  EXPECT_THAT(run.events(), ElementsAre("spawned", "preparing", "started", "launched", "exited", "uploaded", "ended"));
}

TEST(SupervisorData, Outputs_AreStoredAndThoseToBeRegisteredSaid) {
  DataRun run(
      "echo w > \"${{outputs.model}}/weights\"; mkdir $AZURE_ML_OUTPUT_model/sub; echo s > "
      "$AZURE_ML_OUTPUT_model/sub/s");
  run.add_output("model", "my-model");
  run.add_output("nothing", "unused");
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Completed");
  EXPECT_THAT(run.events(), ElementsAre("spawned", "started", "launched", "exited", "finalizing", "stored", "uploaded",
                                        "registered", "ended"));
  EXPECT_EQ(test::read_text(run.store() / "out/model/weights"), "w\n");
  EXPECT_EQ(test::read_text(run.store() / "out/model/sub/s"), "s\n");
  auto const registered = run.wait_event("registered");
  EXPECT_EQ(registered["asset"], "my-model");
  EXPECT_EQ(registered["address"], "azureml://datastores/d/paths/out/model");
  EXPECT_THAT(end["warnings"].dump(), HasSubstr("'nothing' was not registered"));
  auto const stored = run.wait_event("stored");
  auto const part = read_manifest(run.paths.manifest(), stored["begin"], stored["end"], 100);
  ASSERT_EQ(part.lines.size(), 2U);
  EXPECT_EQ(blobs_in_place(part.lines, run.home() / "blobs").size(), 2U);
  EXPECT_FALSE(fs::exists(run.paths.data()));
}

TEST(SupervisorData, ScriptThatFails_StoresWhatItLeftAndRegistersNothing) {
  DataRun run("echo w > \"${{outputs.model}}/weights\"; exit 3");
  run.add_output("model", "my-model");
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["code"], "UserError");
  EXPECT_EQ(test::read_text(run.store() / "out/model/weights"), "w\n");
  EXPECT_THAT(run.events(), ::testing::Not(::testing::Contains("registered")));
}

TEST(SupervisorData, OutputThatCannotBeStored_FailsTheRunAndStays) {
  DataRun run("echo w > \"${{outputs.model}}/weights\"");
  run.add_output("model", "my-model");
  test::write_text(run.store() / "out", "a blob in the way");
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["code"], "OutputsNotKept");
  EXPECT_THAT(end["error"]["message"].get<std::string>(), HasSubstr("weights"));
  EXPECT_EQ(test::read_text(run.paths.data_output("model") / "weights"), "w\n");
  EXPECT_EQ(test::read_text(run.store() / "out"), "a blob in the way");
}

TEST(SupervisorData, MissingData_FailsInPreparingNamingIt) {
  DataRun run("true");
  run.add_input("train", true);
  run.spec.data_inputs[0].kind = DataInput::Kind::file;
  auto const end = run.run();
  EXPECT_EQ(end["status"], "Failed");
  EXPECT_EQ(end["error"]["code"], "DataNotFound");
  EXPECT_EQ(end["error"]["phase"], "preparing");
  EXPECT_THAT(end["error"]["message"].get<std::string>(), HasSubstr("'train'"));
  EXPECT_THAT(run.events(), ElementsAre("spawned", "ended"));
}

TEST(SupervisorData, CancelWhileDataIsFetched_EndsTheFetching) {
  DataRun run("true");
  test::write_text(run.home() / "bin/curl", "#!/bin/sh\nsleep 300\n");
  fs::permissions(run.home() / "bin/curl", fs::perms::owner_all);
  run.spec.data_inputs.push_back(
      {.name = "web", .kind = DataInput::Kind::web, .address = "https://e/x", .source = "https://e/x"});
  run.first_path = (run.home() / "bin").string();
  run.start();
  ASSERT_EQ(run.wait_event("preparing")["detail"], "preparing data");
  run.cancel();
  run.wait_exit();
  EXPECT_EQ(run.last()["status"], "Canceled");
  EXPECT_THAT(run.events(), ElementsAre("spawned", "preparing", "ended"));
  EXPECT_FALSE(fs::exists(run.paths.data()));
}

TEST(SupervisorData, ScriptThatMountsInItsFolderByItself_DoesNotLoseWhatItMounted) {
  DataRun run("mkdir here && mount --bind \"$STORE\" here 2>/dev/null || echo not permitted");
  run.spec.job_variables = {{"STORE", (run.store() / "train").string()}};
  EXPECT_EQ(run.run()["status"], "Completed");
  EXPECT_TRUE(run.store_is_whole());
  // Clean up what the script left in everybody's namespace.
  if (run.log().empty()) {
    EXPECT_EQ(::system(("umount '" + (run.paths.work() / "here").string() + "'").c_str()), 0);
  }
}

}  // namespace
}  // namespace azureml::engine::runner
