#include "cli/estimator_options.hpp"

#include <azureml/error.hpp>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>

using azureml::Estimator;
using namespace azureml::cli;
using namespace std::chrono_literals;

namespace {

Estimator parsed(std::vector<std::string> words, std::optional<std::vector<std::string>> rest = {}, std::string const& compute = "local") {
  EstimatorOptions options;
  CLI::App app{"test"};
  add_estimator_options(app, options);
  parse(app, {.command = "submit", .words = join_script_params(std::move(words)), .rest = rest}, true);
  return make_estimator(options, rest, compute);
}

}  // namespace

TEST(EstimatorOptions, EveryOption_SetsItsMember) {
  auto const estimator = parsed({"src", "--entry-script", "a.py", "--compute-target", "cpu", "--node-count", "2", "--process-count-per-node", "3",
                                 "--distributed-backend", "mpi", "--use-gpu", "--use-docker", "--conda-package", "numpy", "--conda-package",
                                 "scipy=1.11", "--pip-package", "torch[x,y]==2", "--custom-docker-image", "r/i:1", "--user-managed", "--shm-size", "2g",
                                 "--max-run-duration", "15m", "--env", "A=b=c", "--secret-env", "S", "--secret-env", "T=U", "--input",
                                 "d=azureml:x:1", "--output", "model", "--output", "o=azureml://datastores/s/paths/p", "--resume-from",
                                 "store/a/b", "--image-registry", "r.example.com", "--image-registry-username", "ci",
                                 "--image-registry-password-env", "PASSWORD"});
  Estimator expected{.source_directory = "src", .compute_target = "cpu", .entry_script = "a.py"};
  expected.node_count = 2;
  expected.process_count_per_node = 3;
  expected.distributed_backend = "mpi";
  expected.use_gpu = true;
  expected.use_docker = true;
  expected.conda_packages = {"numpy", "scipy=1.11"};
  expected.pip_packages = {"torch[x,y]==2"};
  expected.custom_docker_image = "r/i:1";
  expected.user_managed = true;
  expected.shm_size = "2g";
  expected.max_run_duration = 15min;
  expected.environment_variables = {{"A", "b=c"}};
  expected.secret_environment_variables = {{"S", azureml::Secret::from_env("S")}, {"T", azureml::Secret::from_env("U")}};
  expected.inputs = {azureml::Input("d", "azureml:x:1")};
  expected.outputs["model"] = {};
  expected.outputs["o"].address = "azureml://datastores/s/paths/p";
  expected.resume_from = azureml::DataReference{.datastore = "store", .path_on_datastore = "a/b"};
  expected.image_registry_details =
      azureml::ContainerRegistry{.address = "r.example.com", .username = "ci", .password = azureml::Secret::from_env("PASSWORD")};
  EXPECT_EQ(estimator, expected);
}

TEST(EstimatorOptions, RemainingOptions_SetTheirMembers) {
  auto const estimator = parsed({"src", "--vm-size", "STANDARD_D2", "--vm-priority", "lowpriority", "--conda-dependencies-file", "c.yml",
                                 "--pip-requirements-file", "r.txt", "--custom-docker-base-image", "old", "--no-docker", "--environment", "mine:7"});
  EXPECT_EQ(estimator.vm_size, "STANDARD_D2");
  EXPECT_EQ(estimator.vm_priority, "lowpriority");
  EXPECT_EQ(estimator.compute_target.str(), "") << "a one-off VM is not the local engine";
  EXPECT_EQ(estimator.conda_dependencies_file, "c.yml");
  EXPECT_EQ(estimator.pip_requirements_file, "r.txt");
  EXPECT_EQ(estimator.custom_docker_base_image, "old");
  EXPECT_EQ(estimator.use_docker, std::optional(false));
  ASSERT_TRUE(estimator.environment_definition);
  EXPECT_EQ(estimator.environment_definition->name, "mine");
  EXPECT_EQ(estimator.environment_definition->version, "7");
}

TEST(EstimatorOptions, ScriptParams_KeepOrderDashesAndRepetition) {
  auto const estimator = parsed({"src", "--script-param=--lr=0.8", "--script-param", "--verbose", "--script-param", "--text=a=b c", "--script-param=--lr=0.9"},
                                std::vector<std::string>{"file.csv", "--entry-script", ""});
  azureml::ScriptParams expected;
  expected.append("--lr", "0.8");
  expected.append("--verbose", azureml::flag);
  expected.append("--text", "a=b c");
  expected.append("--lr", "0.9");
  expected.append("", "file.csv");
  expected.append("", "--entry-script");
  expected.append("", "");
  EXPECT_EQ(estimator.script_params.items(), expected.items());
}

TEST(EstimatorOptions, NoTarget_TakesTheDefault) {
  EXPECT_EQ(parsed({"src"}).compute_target.str(), "local");
  EXPECT_EQ(parsed({"src"}, {}, "").compute_target.str(), "");
}

TEST(EstimatorOptions, JsonFile_IsTheBaseAndOptionsWin) {
  auto const file = std::filesystem::path(testing::TempDir()) / "estimator_options_test.json";
  std::ofstream(file) << R"({"source_directory":"a","entry_script":"x.py","pip_packages":["one"],"compute_target":"cpu","node_count":4})";
  auto const estimator = parsed({"--from-json", file.string(), "--entry-script", "y.py", "--pip-package", "two"});
  EXPECT_EQ(estimator.source_directory, "a");
  EXPECT_EQ(estimator.entry_script, "y.py");
  EXPECT_THAT(estimator.pip_packages, testing::ElementsAre("one", "two"));
  EXPECT_EQ(estimator.compute_target.str(), "cpu");
  EXPECT_EQ(estimator.node_count, 4);
  std::filesystem::remove(file);
}

TEST(EstimatorOptions, WrongForms_NameTheOption) {
  auto const refused = [](std::vector<std::string> words, std::string const& expected) {
    try {
      parsed(words);
      ADD_FAILURE() << expected << " was accepted";
    } catch (UsageError const& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(expected));
    }
  };
  refused({"src", "--env", "NAME"}, "--env");
  refused({"src", "--env", "=value"}, "--env");
  refused({"src", "--input", "name"}, "--input");
  refused({"src", "--environment", "name"}, "--environment");
  refused({"src", "--max-run-duration", "soon"}, "--max-run-duration");
  refused({"--from-json", "/nonexistent/estimator.json"}, "--from-json");
  EXPECT_THROW(parsed({"src", "--node-count", "two"}), CLI::ParseError);
  EXPECT_THROW(parsed({"src", "--use-docker", "--no-docker"}), CLI::ParseError);
  EXPECT_THROW(parsed({"src", "--image-registry-username", "u"}), CLI::ParseError);
}

TEST(ParseDuration, Units_AreSeconds) {
  EXPECT_EQ(parse_duration("90", "x"), 90s);
  EXPECT_EQ(parse_duration("90s", "x"), 90s);
  EXPECT_EQ(parse_duration("15m", "x"), 15min);
  EXPECT_EQ(parse_duration("2h", "x"), 2h);
  EXPECT_EQ(parse_duration("1d", "x"), 24h);
  for (auto const* text : {"", "0", "-5", "1w", "m", "1.5h", "9223372036854775807d", "99999999999999999999"})
    EXPECT_THROW(parse_duration(text, "x"), UsageError) << text;
}

TEST(EstimatorOptions, EveryMemberOfEstimator_HasAnOptionOrAReason) {
  // What only a file says, each with its reason. A new member of Estimator must be listed here or get an option.
  std::vector<std::string> const only_in_json = {
      "distributed_training",           // a variant with numbers of its own; --distributed-backend is its short form
      "conda_dependencies_file_path",   // second names of files that have an option
      "pip_requirements_file_path",
      "source_directory_data_store",    // always a fault
  };
  std::map<std::string, std::string> const by_another_name = {
      {"source_directory", "source_directory"}, {"script_params", "--script-param"}, {"conda_packages", "--conda-package"},
      {"pip_packages", "--pip-package"}, {"image_registry_details", "--image-registry"}, {"environment_variables", "--env"},
      {"secret_environment_variables", "--secret-env"}, {"environment_definition", "--environment"}, {"inputs", "--input"}, {"outputs", "--output"}};
  EstimatorOptions options;
  CLI::App app{"test"};
  add_estimator_options(app, options);
  auto const help = app.help();
  std::ifstream header(std::filesystem::path(AZUREML_SOURCE_ROOT) / "include/azureml/estimator.hpp");
  std::string line;
  bool inside = false;
  int members = 0;
  while (std::getline(header, line)) {
    if (line.starts_with("struct Estimator {")) inside = true;
    if (!inside || line.find("friend ") != std::string::npos) continue;
    if (line == "};") break;
    auto const end = line.find_first_of("{=;", line.find(' ', 2));
    if (!line.starts_with("  ") || line[2] == '/' || end == std::string::npos) continue;
    auto name = line.substr(0, end);
    name.erase(name.find_last_not_of(' ') + 1);
    name = name.substr(name.find_last_of(' ') + 1);
    ++members;
    if (std::find(only_in_json.begin(), only_in_json.end(), name) != only_in_json.end()) continue;
    std::string option = "--" + name;
    std::replace(option.begin(), option.end(), '_', '-');
    if (by_another_name.contains(name)) option = by_another_name.at(name);
    EXPECT_THAT(help, testing::HasSubstr(option)) << name;
  }
  EXPECT_GE(members, 30);
}
