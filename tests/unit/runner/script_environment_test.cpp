#include "engine/runner/script_environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> variables(RunSpec const& spec, std::vector<std::string> const& host) {
  return script_environment(spec, host, "/env/bin", "/run/work");
}

TEST(ScriptEnvironment, HostVariables_OnlyTheHarmlessOnesComeIn) {
  auto const result = variables({.run_id = "r"}, {"PATH=/bin", "HOME=/h", "LC_ALL=C", "https_proxy=p", "AZURE_CLIENT_SECRET=s", "AZUREML_RUN_ID=other",
                                                  "AZUREML_CURRENT_CLOUD=x", "PYTHONPATH=/x"});
  EXPECT_THAT(result, Contains("HOME=/h"));
  EXPECT_THAT(result, Contains("LC_ALL=C"));
  EXPECT_THAT(result, Contains("https_proxy=p"));
  EXPECT_THAT(result, Contains("AZUREML_RUN_ID=r"));
  EXPECT_THAT(result, Not(Contains(StartsWith("AZURE_CLIENT"))));
  EXPECT_THAT(result, Not(Contains(StartsWith("PYTHONPATH"))));
  EXPECT_THAT(result, Not(Contains(StartsWith("AZUREML_CURRENT_CLOUD"))));
}

TEST(ScriptEnvironment, Path_BeginsWithTheEnvironmentUnlessTheJobSetsIt) {
  EXPECT_THAT(variables({.run_id = "r"}, {"PATH=/bin"}), Contains("PATH=/env/bin:/bin"));
  RunSpec spec{.run_id = "r"};
  spec.job_variables = {{"PATH", "/mine"}};
  EXPECT_THAT(variables(spec, {"PATH=/bin"}), Contains("PATH=/mine"));
}

TEST(ScriptEnvironment, JobVariables_WinOverContextAndDefaultsButNotOverTheRun) {
  RunSpec spec{.run_id = "r"};
  spec.context_variables = {{"MLFLOW_TRACKING_URI", "engine"}, {"AZUREML_RUN_TOKEN", "t"}};
  spec.job_variables = {{"MLFLOW_TRACKING_URI", "mine"}, {"OMP_NUM_THREADS", "7"}, {"PYTHONUNBUFFERED", ""}, {"AZUREML_RUN_ID", "fake"}};
  spec.cpu_share = 2;
  auto const result = variables(spec, {});
  EXPECT_THAT(result, Contains("MLFLOW_TRACKING_URI=mine"));
  EXPECT_THAT(result, Contains("AZUREML_RUN_TOKEN=t"));
  EXPECT_THAT(result, Contains("OMP_NUM_THREADS=7"));
  EXPECT_THAT(result, Contains("PYTHONUNBUFFERED="));
  EXPECT_THAT(result, Contains("AZUREML_RUN_ID=r"));
  EXPECT_THAT(variables({.run_id = "r", .cpu_share = 2}, {}), Contains("OMP_NUM_THREADS=2"));
  EXPECT_THAT(variables({.run_id = "r"}, {}), Contains("PYTHONUNBUFFERED=1"));
}

TEST(ScriptEnvironment, Gpus_AreTheRunsUnlessTheJobNamesThem) {
  std::vector<std::string> const host{"CUDA_VISIBLE_DEVICES=7"};
  RunSpec spec{.run_id = "r"};
  EXPECT_THAT(variables(spec, host), Contains("CUDA_VISIBLE_DEVICES=7"));
  spec.gpus.emplace();
  EXPECT_THAT(variables(spec, host), Contains("CUDA_VISIBLE_DEVICES="));
  spec.gpus = {"1", "2"};
  EXPECT_THAT(variables(spec, host), Contains("CUDA_VISIBLE_DEVICES=1,2"));
  spec.job_variables = {{"CUDA_VISIBLE_DEVICES", "0"}};
  EXPECT_THAT(variables(spec, host), Contains("CUDA_VISIBLE_DEVICES=0"));
}

TEST(ScriptEnvironment, NoProxy_IsMergedWithLoopback) {
  auto const result = variables({.run_id = "r"}, {"NO_PROXY=corp,localhost"});
  EXPECT_THAT(result, Contains("NO_PROXY=corp,localhost,127.0.0.1"));
  EXPECT_THAT(result, Contains("no_proxy=corp,localhost,127.0.0.1"));
  EXPECT_THAT(variables({.run_id = "r"}, {}), Contains("NO_PROXY=127.0.0.1,localhost"));
}

TEST(SupervisorEnvironment, EngineInsideARun_DoesNotHandItsRunOn) {
  EXPECT_EQ(supervisor_environment({"A=1", "AZUREML_RUN_ID=x", "PIP_INDEX_URL=u"}), (std::vector<std::string>{"A=1", "PIP_INDEX_URL=u"}));
}

}  // namespace
}  // namespace azureml::engine::runner
