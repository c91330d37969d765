// `azureml engine check` on what real runs leave.
#include "integration/engine_fixture.hpp"

#include <nlohmann/json.hpp>

#include <sys/wait.h>

#include <cstdio>
#include <fstream>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class StoreCare : public EngineTest {
 protected:
  struct Finished {
    int code = -1;
    std::string output{};
  };
  [[nodiscard]] Finished azureml(std::string const& words) const {
    Finished finished;
    auto* const pipe = ::popen((std::string("'") + AZUREML_PROGRAM + "' " + words + " --home '" + home().string() + "'").c_str(), "re");
    char piece[4096];
    for (std::size_t count = 0; (count = ::fread(piece, 1, sizeof piece, pipe)) > 0;) finished.output.append(piece, count);
    auto const status = ::pclose(pipe);
    finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return finished;
  }
  /// kind → how many
  [[nodiscard]] std::map<std::string, int> findings() const {
    std::map<std::string, int> kinds;
    auto const finished = azureml("engine check --json");
    auto const list = json::parse(finished.output).at("findings");
    for (auto const& each : list) ++kinds[each.at("kind").get<std::string>()];
    EXPECT_EQ(finished.code, kinds.empty() ? 0 : 1) << finished.output;
    return kinds;
  }
  [[nodiscard]] fs::path file_named(std::string const& name) const {
    for (auto const& entry : fs::recursive_directory_iterator(home() / "blobs"))
      if (entry.path().filename() == name) return entry.path();
    return {};
  }
  using Kinds = std::map<std::string, int>;
};

TEST_F(StoreCare, HomeAfterRuns_IsCleanWhileServingAndStopped) {
  {
    auto const workspace = attach();
    auto const good = workspace.experiment("care").submit(script("open('outputs/model.bin', 'w').write('weights'); open('logs/a.txt', 'w').write('a')"));
    EXPECT_EQ(good.wait_for_completion().status, RunState::completed);
    auto const bad = workspace.experiment("care").submit(script("import sys; sys.exit(3)"));
    EXPECT_EQ(bad.wait_for_completion({.raise_on_error = false}).status, RunState::failed);
  }
  EXPECT_EQ(findings(), Kinds{});
  ASSERT_EQ(azureml("engine stop").output, "stopped\n");
  EXPECT_EQ(findings(), Kinds{});
  EXPECT_EQ(azureml("engine check").output, "no damage found\n");
}

TEST_F(StoreCare, DamageToARealHome_IsFoundWhileServingAndStopped) {
  std::string run_id;
  {
    auto const workspace = attach();
    auto const run = workspace.experiment("care").submit(script("open('outputs/model.bin', 'w').write('weights')"));
    run.wait_for_completion();
    run_id = run.id();
  }
  // While a supervisor tidies up behind its last record, the run's folder is not judged.
  ASSERT_TRUE(eventually([&] { return supervisor_of(run_id) == 0; }));
  auto const snapshot = file_named("train.py");
  ASSERT_FALSE(snapshot.empty());
  fs::remove(snapshot);
  std::ofstream(home() / "runs" / run_id / "journal.jsonl", std::ios::app) << "{\"v\":1,";
  fs::remove(home() / "runs" / run_id / "artifacts/outputs/model.bin");
  write("home/blobs/stray/file", "x");
  Kinds const expected{{"blob-missing", 1}, {"journal-torn", 1}, {"artifact-missing", 1}, {"blob-orphan", 1}};
  EXPECT_EQ(findings(), expected);
  ASSERT_EQ(azureml("engine stop").output, "stopped\n");
  EXPECT_EQ(findings(), expected);
  auto const text = azureml("engine check");
  EXPECT_EQ(text.code, 1);
  EXPECT_NE(text.output.find("blob-missing  " + snapshot.string() + ": "), std::string::npos) << text.output;
}

TEST_F(StoreCare, NoHome_IsAnErrorAndNothingIsMade) {
  fs::remove_all(home());
  EXPECT_EQ(azureml("engine check 2> /dev/null").code, 1);
  EXPECT_FALSE(fs::exists(home()));
}

}  // namespace
}  // namespace azureml::test
