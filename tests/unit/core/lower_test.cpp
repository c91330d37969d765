#include "core/lower.hpp"

#include "unit/core/lower_cases.hpp"
#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <set>

namespace azureml {
namespace {

using Json = nlohmann::ordered_json;
using core::JobDefinition;
using core::lower;
using testing::HasSubstr;

/// A job as text, for reading and comparing; the wire has another form.
Json dump(JobDefinition const& job) {
  Json json{{"command", job.command},   {"compute_target", job.compute_target}, {"instance_type", job.instance_type},
            {"job_tier", job.job_tier}, {"instance_count", job.instance_count}, {"shm_size", job.shm_size}};
  json["timeout"] = job.timeout ? Json(job.timeout->count()) : Json();
  json["distribution"] = nullptr;
  if (job.distribution) {
    json["distribution"] = {{"type", job.distribution->type},
                            {"process_count_per_instance", job.distribution->process_count_per_instance},
                            {"worker_count", job.distribution->worker_count},
                            {"parameter_server_count", job.distribution->parameter_server_count}};
  }
  json["inputs"] = Json::object();
  for (auto const& [name, input] : job.inputs)
    json["inputs"][name] = {{"type", input.type}, {"mode", input.mode}, {"address", input.address}};
  json["outputs"] = Json::object();
  for (auto const& [name, output] : job.outputs) {
    json["outputs"][name] = {
        {"type", output.type}, {"mode", output.mode}, {"address", output.address}, {"asset_name", output.asset_name}};
  }
  json["environment_variables"] = job.environment_variables;
  json["properties"] = job.properties;
  auto const& environment = job.environment;
  json["environment"] = {{"reference", environment.reference}, {"name", environment.name},
                         {"version", environment.version},     {"anonymous", environment.anonymous},
                         {"image", environment.image},         {"conda_file", environment.conda_file}};
  json["registry"] = nullptr;
  if (job.registry)
    json["registry"] = {{"address", job.registry->address},
                        {"username", job.registry->username},
                        {"password", job.registry->password.source()}};
  json["secret_variables"] = Json::object();
  for (auto const& [name, secret] : job.secret_variables) json["secret_variables"][name] = secret.source();
  json["warnings"] = job.warnings;
  return json;
}

std::filesystem::path golden_file(std::string const& name) {
  return std::filesystem::path(AZUREML_TEST_DATA) / "core" / (name + ".json");
}

class LowerGolden : public testing::TestWithParam<test::LowerCase> {};

// AZUREML_UPDATE_GOLDEN=1 writes the files anew; what has changed in them is then to be read.
TEST_P(LowerGolden, Job_IsThatOfTheFile) {
  auto const& [name, estimator, facts] = GetParam();
  auto const text = dump(lower(estimator, facts)).dump(2) + "\n";
  if (std::getenv("AZUREML_UPDATE_GOLDEN")) std::ofstream(golden_file(name)) << text;
  EXPECT_EQ(text, test::read_text(golden_file(name)));
}

TEST_P(LowerGolden, LoweredTwice_IsTheSame) {
  EXPECT_EQ(lower(GetParam().estimator, GetParam().facts).command,
            lower(GetParam().estimator, GetParam().facts).command);
  EXPECT_EQ(dump(lower(GetParam().estimator, GetParam().facts)), dump(lower(GetParam().estimator, GetParam().facts)));
}

TEST_P(LowerGolden, Command_IsReadByBothShells) {
  auto const command = lower(GetParam().estimator, GetParam().facts).command;
  for (auto const* shell : {"bash", "dash"}) EXPECT_NO_THROW(test::output_of({shell, "-n", "-c", command})) << shell;
}

INSTANTIATE_TEST_SUITE_P(Cases, LowerGolden, testing::ValuesIn(test::lower_cases()),
                         [](auto const& one) { return one.param.name; });

TEST(Lower, GoldenFiles_BelongToACase) {
  std::set<std::string> names, files;
  for (auto const& a_case : test::lower_cases()) names.insert(a_case.name);
  for (auto const& entry : std::filesystem::directory_iterator(std::filesystem::path(AZUREML_TEST_DATA) / "core"))
    files.insert(entry.path().stem());
  EXPECT_EQ(names, files);
}

/// Runs a job's command as the service does: placeholders replaced as text, then bash in the snapshot's folder.
std::string run_command(std::filesystem::path const& folder, std::string command,
                        std::map<std::string, std::string> const& paths) {
  for (auto const& [placeholder, path] : paths) {
    for (auto at = command.find(placeholder); at != std::string::npos; at = command.find(placeholder))
      command.replace(at, placeholder.size(), path);
  }
  auto const search = folder.string() + "/bin:" + std::getenv("PATH");
  return test::output_of({"env", "-C", folder.string(), "PATH=" + search, "bash", "-c", command});
}

void write_program(test::TemporaryDirectory const& folder, std::string const& name, std::string const& text) {
  std::filesystem::permissions(folder.write(name, text), std::filesystem::perms::owner_all);
}

TEST(Lower, CommandRunByBash_GivesArgumentsVariablesAndLinks) {
  test::TemporaryDirectory const folder;
  folder.write("in put/iris.csv", "5.1\n");
  std::filesystem::create_directory(folder.path() / "out");
  write_program(folder, "bin/python",
                "#!/bin/sh\nprintf '%s\\n' \"$@\"\ncat \"$AZUREML_DATAREFERENCE_iris/iris.csv\" 'data/a b/iris.csv'\n"
                "echo done > \"$AZUREML_DATAREFERENCE_results/made\"\n");
  auto estimator = test::plain_estimator();
  estimator.script_params = {
      {"--in", DataReference{.datastore = "ds", .path_on_datastore = "i", .name = "iris"}.as_download("data/a b")},
      {"--out", DataReference{.datastore = "results"}.as_upload("made here")},
      {"--file", "$AZUREML_DATAREFERENCE_iris/x y"},
      {"--text", "${{inputs.iris}} it's"}};
  auto const job = lower(estimator, test::facts_with({"train.py"}));
  auto const in = (folder.path() / "in put").string();
  auto const out = (folder.path() / "out").string();
  EXPECT_EQ(run_command(folder.path(), job.command, {{"${{inputs.iris}}", in}, {"${{outputs.results}}", out}}),
            "train.py\n--in\n" + in + "\n--out\n" + out + "\n--file\n" + in +
                "/x y\n--text\n${{inputs.iris}} it's\n5.1\n5.1\n");
  EXPECT_EQ(test::read_text(folder.path() / "made here" / "made"), "done\n");
}

TEST(Lower, ExecutableWithoutModeBits_IsRun) {
  test::TemporaryDirectory const folder;
  folder.write("my solver", "#!/bin/sh\necho \"solved $1\"\n");
  auto estimator = test::plain_estimator();
  estimator.entry_script = "my solver";
  estimator.script_params = {{"", "x y"}};
  EXPECT_EQ(run_command(folder.path(), lower(estimator, test::facts_with({"my solver"})).command, {}), "solved x y\n");
}

TEST(Lower, FailureOfTheScript_IsTheCommands) {
  test::TemporaryDirectory const folder;
  folder.write("train.sh", "exit 3\n");
  auto estimator = test::plain_estimator();
  estimator.entry_script = "train.sh";
  estimator.inputs = {DataReference{.datastore = "ds"}};
  EXPECT_THROW(run_command(folder.path(), lower(estimator, test::facts_with({"train.sh"})).command, {}),
               std::runtime_error);
}

TEST(Lower, EnvironmentVersion_IsOfTheContent) {
  auto const facts = test::facts_with({"train.py"});
  auto estimator = test::plain_estimator();
  estimator.pip_packages = {"rich"};
  auto const version = lower(estimator, facts).environment.version;
  EXPECT_EQ(version.size(), 32U);
  estimator.script_params = {{"--lr", 1}};
  EXPECT_EQ(lower(estimator, facts).environment.version, version);
  estimator.pip_packages = {"rich", "torch"};
  EXPECT_NE(lower(estimator, facts).environment.version, version);
  estimator.pip_packages = {"rich"};
  estimator.custom_docker_image = "python:3.11";
  EXPECT_NE(lower(estimator, facts).environment.version, version);
}

TEST(Lower, ListsOfTheCaller_AreNotChanged) {
  auto estimator = test::plain_estimator();
  estimator.pip_packages = {"torch"};
  auto facts = test::facts_with({"train.py"});
  facts.imports_azureml = true;
  auto const copy = estimator;
  lower(estimator, facts);
  EXPECT_EQ(estimator, copy);
}

}  // namespace
}  // namespace azureml
