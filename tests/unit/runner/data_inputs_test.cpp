#include "engine/runner/data_inputs.hpp"

#include "engine/runner/run_failure.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <sys/wait.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = DataInput::Kind;

struct DataInputsTest : ::testing::Test {
  DataInputsTest() {
    test::write_text(root / "store/train/a.csv", "a");
    test::write_text(root / "store/train/sub/b.csv", "b");
    test::write_text(root / "store/one$.csv", "one");
    spec.mounts = "copy";
    spec.python = "/nonexistent/python";
  }
  PreparedData prepare() {
    return prepare_data(spec, paths, current_environment(),
                        {.run_tool =
                             [&](SpawnRequest const& request) {
                               asked.push_back(request);
                               return run_tool ? run_tool(request) : 0;
                             },
                         .check =
                             [&] {
                               if (check) check();
                             },
                         .progress = [&](std::string const& detail) { told.push_back(detail); }});
  }
  RunError error() {
    try {
      prepare();
    } catch (RunFailure const& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "prepared";
    return {};
  }
  void input(std::string const& name, Kind kind, std::string const& source, bool mount = false) {
    spec.data_inputs.push_back(
        {.name = name, .kind = kind, .mount = mount, .address = "azureml://of/" + name, .source = source});
  }
  test::TemporaryDirectory directory{};
  fs::path root = directory.path();
  RunPaths paths{root / "run"};
  RunSpec spec{};
  std::function<int(SpawnRequest const&)> run_tool{};
  std::function<void()> check{};
  std::vector<SpawnRequest> asked{};
  std::vector<std::string> told{};
};

TEST_F(DataInputsTest, NoData_TouchesNothing) {
  EXPECT_TRUE(prepare().inputs.empty());
  EXPECT_FALSE(fs::exists(paths.root));
}

TEST_F(DataInputsTest, Download_IsAFreshCopyThatTheScriptMayChange) {
  input("train", Kind::folder, (root / "store/train").string());
  input("one", Kind::file, (root / "store/one$.csv").string());
  test::write_text(paths.data_input("train") / "left", "from before");
  auto const data = prepare();
  EXPECT_EQ(data.inputs.at("train"), paths.data_input("train").string());
  EXPECT_EQ(data.inputs.at("one"), (paths.data_input("one") / "one_.csv").string());
  EXPECT_EQ(test::read_text(paths.data_input("train") / "sub/b.csv"), "b");
  EXPECT_EQ(test::read_text(data.inputs.at("one")), "one");
  EXPECT_FALSE(fs::exists(paths.data_input("train") / "left"));
  test::write_text(data.inputs.at("one"), "changed");
  EXPECT_EQ(test::read_text(root / "store/one$.csv"), "one");
  EXPECT_THAT(told, ElementsAre("preparing data"));
  EXPECT_TRUE(data.notes.empty());
  EXPECT_EQ(data.way, "");
}

TEST_F(DataInputsTest, MountThatIsNotPermitted_IsACopyAndSaysSo) {
  input("train", Kind::folder, (root / "store/train").string(), true);
  input("one", Kind::file, (root / "store/one$.csv").string(), true);
  auto const data = prepare();
  EXPECT_EQ(data.way, "copied");
  EXPECT_TRUE(data.mounts.empty());
  EXPECT_EQ(test::read_text(paths.data_input("train") / "a.csv"), "a");
  EXPECT_EQ(test::read_text(data.inputs.at("one")), "one");
  EXPECT_EQ(fs::status(data.inputs.at("one")).permissions() & fs::perms::owner_write, fs::perms::none);
  ASSERT_EQ(data.notes.size(), 1U);
  EXPECT_THAT(data.notes[0], HasSubstr("'train', 'one' was copied"));
}

TEST_F(DataInputsTest, MountThatIsPermitted_CopiesNothing) {
  spec.mounts = "auto";
  input("train", Kind::folder, (root / "store/train").string(), true);
  auto const data = prepare();
  if (data.mount_way == MountWay::none) GTEST_SKIP() << "this machine does not permit mounts";
  EXPECT_EQ(data.way, "mounted");
  ASSERT_EQ(data.mounts.size(), 1U);
  EXPECT_EQ(data.mounts[0].target, data.inputs.at("train"));
  EXPECT_TRUE(fs::is_empty(paths.data_input("train")));
  EXPECT_TRUE(told.empty());
}

TEST_F(DataInputsTest, TextsAndOutputs_GetTheirValues) {
  input("direct", Kind::text, "");
  spec.data_outputs = {{.name = "model", .path = "a/b"},
                       {.name = "one", .kind = DataOutput::Kind::file, .path = "a/result.csv"},
                       {.name = "self", .kind = DataOutput::Kind::text, .address = "azureml://x"}};
  auto const data = prepare();
  EXPECT_EQ(data.inputs.at("direct"), "azureml://of/direct");
  EXPECT_EQ(data.outputs.at("model"), paths.data_output("model").string());
  EXPECT_TRUE(fs::is_directory(data.outputs.at("model")));
  EXPECT_EQ(data.outputs.at("one"), (paths.data_output("one") / "result.csv").string());
  EXPECT_TRUE(fs::is_directory(paths.data_output("one")));
  EXPECT_FALSE(fs::exists(data.outputs.at("one")));
  EXPECT_EQ(data.outputs.at("self"), "azureml://x");
}

TEST_F(DataInputsTest, WhatHasGone_IsNamed) {
  input("train", Kind::file, (root / "store/none.csv").string());
  auto const failure = error();
  EXPECT_EQ(failure.code, "DataNotFound");
  EXPECT_EQ(failure.phase, "preparing");
  EXPECT_THAT(failure.message, HasSubstr("'train' (azureml://of/train)"));
}

TEST_F(DataInputsTest, ContainerWithoutAFolderYet_IsEmpty) {
  fs::create_directories(root / "store");
  input("all", Kind::folder, (root / "store/new").string());
  EXPECT_TRUE(fs::is_empty(prepare().inputs.at("all")));
}

TEST_F(DataInputsTest, CancelWhileCopying_EndsIt) {
  struct Stop {};
  input("train", Kind::folder, (root / "store/train").string());
  check = [] { throw Stop{}; };
  EXPECT_THROW(prepare(), Stop);
}

TEST_F(DataInputsTest, HomeWhosePathNoCommandCanName_IsRefused) {
  paths.root = root / "a$b";
  input("train", Kind::folder, (root / "store/train").string());
  EXPECT_THAT(error().message, HasSubstr("move the engine's home"));
}

TEST_F(DataInputsTest, FileOfTheWeb_IsFetchedByAToolThatNeverSeesTheAddressOnItsCommandLine) {
  input("web", Kind::web, "https://example.org/d/my%20data.csv?sig=secret$x");
  std::string order;
  run_tool = [&](SpawnRequest const& request) {
    for (std::size_t i = 0; i + 1 < request.arguments.size(); ++i) {
      EXPECT_EQ(request.arguments[i].find("secret"), std::string::npos);
      if (request.arguments[i] == "--config") order = test::read_text(request.arguments[i + 1]);
      if (request.arguments[i] == "--output") test::write_text(request.arguments[i + 1], "fetched");
    }
    return 0;
  };
  auto const data = prepare();
  EXPECT_EQ(order, "url = \"https://example.org/d/my%20data.csv?sig=secret$x\"\n");
  EXPECT_EQ(data.inputs.at("web"), (paths.data_input("web") / "my data.csv").string());
  EXPECT_EQ(test::read_text(data.inputs.at("web")), "fetched");
  EXPECT_TRUE(fs::is_empty(paths.scratch()));
  EXPECT_THAT(told, ElementsAre("preparing data"));
  ASSERT_EQ(asked.size(), 1U);
}

TEST_F(DataInputsTest, FetchThatFails_GivesTheToolsWordsWithoutSecrets) {
  input("web", Kind::web, "https://example.org/x.csv?sig=secret");
  run_tool = [](SpawnRequest const& request) {
    std::string const words =
        "curl: (22) The requested URL returned error: 404 for https://example.org/x.csv?sig=secret\n";
    EXPECT_EQ(::write(request.standard_error, words.data(), words.size()), static_cast<ssize_t>(words.size()));
    return 22 << 8;
  };
  auto const failure = error();
  EXPECT_EQ(failure.code, "DataFetchFailed");
  EXPECT_THAT(failure.message, HasSubstr("returned error: 404"));
  EXPECT_THAT(failure.message, HasSubstr("'web'"));
  EXPECT_EQ(failure.message.find("secret"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(paths.scratch()));
}

TEST_F(DataInputsTest, NoToolToFetchWith_SaysWhatToInstall) {
  input("web", Kind::web, "https://example.org/x.csv");
  run_tool = [](SpawnRequest const&) -> int {
    throw std::system_error(ENOENT, std::generic_category(), "cannot start");
  };
  EXPECT_THAT(error().message, HasSubstr("install curl"));
  EXPECT_EQ(asked.size(), 2U);
}

}  // namespace
}  // namespace azureml::engine::runner
