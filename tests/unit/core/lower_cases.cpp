#include "unit/core/lower_cases.hpp"

#include "unit/core/support.hpp"

#include <cmath>
#include <functional>
#include <limits>

namespace azureml::test {
namespace {

using Change = std::function<void(LowerCase&)>;

LowerCase a_case(std::string name, Change const& change) {
  LowerCase result{std::move(name), plain_estimator(), facts_with({"train.py"})};
  change(result);
  return result;
}

DataReference const kBlob{.datastore = "workspaceblobstore"};

void add_guide_cases(std::vector<LowerCase>& cases) {
  cases.push_back(a_case("minimal", [](LowerCase&) {}));
  cases.push_back(a_case("guide_sklearn", [](LowerCase& c) {
    c.estimator.script_params = {{"--data-folder", kBlob.as_mount()}, {"--regularization", 0.8}};
    c.estimator.conda_packages = {"scikit-learn"};
  }));
  cases.push_back(a_case("guide_mpi", [](LowerCase& c) {
    c.estimator.compute_target = "cpu-cluster";
    c.estimator.node_count = 2;
    c.estimator.distributed_backend = "mpi";
    c.estimator.pip_packages = {"cntk==2.5.1"};
    c.estimator.custom_docker_base_image = "microsoft/mmlspark:0.12";
  }));
}

void add_argument_cases(std::vector<LowerCase>& cases) {
  cases.push_back(a_case("script_params", [](LowerCase& c) {
    c.estimator.script_params = {{"--int", -3},
                                 {"--big", std::numeric_limits<std::uint64_t>::max()},
                                 {"--float", 0.8f},
                                 {"--small", 1e-05},
                                 {"--nan", std::nan("")},
                                 {"--inf", std::numeric_limits<double>::infinity()},
                                 {"--yes", true},
                                 {"--no", false},
                                 {"--verbose", flag},
                                 {"--empty", ""},
                                 {"--layers", {128, 64, 0.5}},
                                 {"--text", "it's a \"$HOME\" `id` \\ !\nnext"},
                                 {"--expression", "${{inputs.x}} $[[y]]"},
                                 {"", "größe.csv"},
                                 {"--unknown", "$AZUREML_DATAREFERENCE_other"}};
    c.estimator.script_params.append("--int", 4);
  }));
  cases.push_back(a_case("resume_from", [](LowerCase& c) {
    c.estimator.script_params = {{"--epochs", 2}};
    c.estimator.resume_from = DataReference{.datastore = "workspaceblobstore", .path_on_datastore = "runs/7/model"};
  }));
  for (auto const* script : {"run.sh", "fit.R", "bin/solver", "-odd name.py"}) {
    std::string const name = script == std::string("run.sh")       ? "entry_shell"
                             : script == std::string("fit.R")      ? "entry_r"
                             : script == std::string("bin/solver") ? "entry_executable"
                                                                   : "entry_odd_name";
    cases.push_back(a_case(name, [&](LowerCase& c) {
      c.estimator.entry_script = script;
      c.estimator.script_params = {{"--lr", 0.1}};
      c.facts = facts_with({script});
    }));
  }
  cases.push_back(a_case("entry_backslash", [](LowerCase& c) {
    c.estimator.entry_script = ".\\src\\train.py";
    c.facts = facts_with({"src/train.py"});
  }));
}

void add_data_cases(std::vector<LowerCase>& cases) {
  cases.push_back(a_case("data", [](LowerCase& c) {
    DataReference const iris{.datastore = "workspaceblobstore", .path_on_datastore = "./iris//raw/", .name = "iris"};
    c.estimator.script_params = {
        {"--iris", iris},
        {"--cache",
         DataReference{.datastore = "files", .path_on_datastore = "cache"}.as_download("./data/cache dir", true)},
        {"--out", DataReference{.datastore = "results", .path_on_datastore = "out"}.as_upload("-made")},
        {"--list", {kBlob, "x"}},
        {"--table", "$AZUREML_DATAREFERENCE_table"},
        {"--model", "$AZUREML_DATAREFERENCE_model/best model.pkl"}};
    c.estimator.inputs = {iris, Input("table", "azureml:table:3", DataMode::download),
                          Input("page", "https://example.com/data")};
    c.estimator.inputs[1].type = "uri_file";
    c.estimator.outputs = {
        {"model", {.asset_name = "model"}},
        {"report", {.address = "azureml://datastores/results/paths/report", .mode = DataMode::upload}}};
  }));
}

void add_compute_cases(std::vector<LowerCase>& cases) {
  cases.push_back(a_case("serverless", [](LowerCase& c) {
    c.estimator.compute_target = {};
    c.estimator.vm_size = "STANDARD_NC6";
    c.estimator.vm_priority = "LowPriority";
    c.estimator.shm_size = "4g";
    c.estimator.max_run_duration = std::chrono::seconds(3600);
  }));
  cases.push_back(a_case("serverless_dedicated", [](LowerCase& c) {
    c.estimator.compute_target = {};
    c.estimator.vm_size = "STANDARD_D2_V2";
  }));
  auto const distributed = [&](std::string name, Distribution distribution, int nodes) {
    cases.push_back(a_case(std::move(name), [&](LowerCase& c) {
      c.estimator.node_count = nodes;
      c.estimator.distributed_training = std::move(distribution);
    }));
  };
  distributed("distribution_mpi", Mpi{.process_count_per_node = 4, .node_count = 2}, 2);
  distributed("distribution_ps", ParameterServer{.worker_count = 3, .parameter_server_count = 1}, 2);
  distributed("distribution_gloo", Gloo{.process_count_per_node = 2}, 1);
  distributed("distribution_nccl", Nccl{.process_count_per_node = 8}, 2);
  auto const backend = [&](std::string name, std::string word, int processes) {
    cases.push_back(a_case(std::move(name), [&](LowerCase& c) {
      c.estimator.node_count = 4;
      c.estimator.process_count_per_node = processes;
      c.estimator.distributed_backend = word;
    }));
  };
  backend("backend_mpi", "MPI", 2);
  backend("backend_ps", "ps", 1);
  backend("backend_nccl", "nccl", 2);
}

void add_environment_cases(std::vector<LowerCase>& cases) {
  cases.push_back(a_case("gpu", [](LowerCase& c) {
    c.estimator.use_gpu = true;
    c.estimator.use_docker = true;
    c.estimator.environment_variables = {{"OMP_NUM_THREADS", "4"}, {"TEXT", "a b"}};
    c.estimator.secret_environment_variables = {{"API_KEY", Secret::from_env("AZUREML_TEST_API_KEY")}};
  }));
  cases.push_back(a_case("no_docker", [](LowerCase& c) { c.estimator.use_docker = false; }));
  cases.push_back(a_case("conda_file", [](LowerCase& c) {
    c.estimator.conda_dependencies_file = "conda.yml";
    c.facts.conda_file_text = "# as it is\nchannels: [anaconda]\ndependencies: [python=3.10, numpy]\n";
  }));
  cases.push_back(a_case("conda_file_lacking", [](LowerCase& c) {
    c.estimator.conda_dependencies_file_path = "conda.yml";
    c.facts.conda_file_text =
        "channels: [anaconda]\ndependencies: [python=3.10, numpy, {pip: [torch]}]\nvariables: {A: b}\n";
    c.facts.imports_azureml = true;
  }));
  cases.push_back(a_case("pip_file", [](LowerCase& c) {
    c.estimator.pip_requirements_file = "requirements.txt";
    c.estimator.pip_packages = {"numpy<2", "pandas"};
    c.facts.requirements_text = "--pre\nnumpy>=1.20  # base\n";
  }));
  cases.push_back(a_case("pip_file_older_name", [](LowerCase& c) {
    c.estimator.pip_requirements_file_path = "requirements.txt";
    c.facts.requirements_text = "azureml-core\n";
    c.facts.imports_azureml = true;
  }));
  cases.push_back(a_case("imports", [](LowerCase& c) {
    c.estimator.conda_packages = {"python=3.11"};
    c.facts.imports_azureml = c.facts.imports_mlflow = true;
  }));
  cases.push_back(a_case("private_image", [](LowerCase& c) {
    c.estimator.custom_docker_image = "registry.example.com/team/train:2";
    c.estimator.image_registry_details =
        ContainerRegistry{"registry.example.com", "robot", Secret::from_file("/run/secrets/registry")};
    c.estimator.user_managed = true;
    c.facts.imports_mlflow = true;
  }));
  cases.push_back(a_case("git", [](LowerCase& c) {
    c.facts.git = {{"azureml.git.branch", "main"}, {"mlflow.source.git.branch", "main"}};
  }));
  auto const defined = [&](std::string name, Environment environment) {
    cases.push_back(a_case(std::move(name), [&](LowerCase& c) {
      c.estimator.environment_definition = std::move(environment);
      c.facts.imports_mlflow = true;
    }));
  };
  defined("environment", {.name = "mine",
                          .docker = {.base_image = "registry.example.com/base:1",
                                     .registry = ContainerRegistry{"registry.example.com", "robot",
                                                                   Secret::from_env("AZUREML_TEST_PASSWORD")},
                                     .shm_size = "8g",
                                     .gpu_support = true},
                          .conda_dependencies = {.channels = {"conda-forge", "pytorch"},
                                                 .conda_packages = {"pytorch"},
                                                 .pip_packages = {"rich"},
                                                 .python_version = "3.11"},
                          .environment_variables = {{"MODE", "train"}}});
  defined("environment_anonymous",
          {.docker = {.gpu_support = true}, .conda_dependencies = {.pip_packages = {"mlflow-skinny"}}});
  defined("environment_image", Environment::from_docker_image("python", "python:3.11-slim"));
  defined("environment_registered",
          {.name = "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", .version = "33", .environment_variables = {{"A", "1"}}});
  defined("environment_latest", {.name = "team"});
}

}  // namespace

std::vector<LowerCase> lower_cases() {
  std::vector<LowerCase> cases;
  add_guide_cases(cases);
  add_argument_cases(cases);
  add_data_cases(cases);
  add_compute_cases(cases);
  add_environment_cases(cases);
  return cases;
}

std::vector<RefusalCase> refusal_cases() {
  auto estimator = plain_estimator();
  estimator.source_directory_data_store = "workspaceblobstore";
  return {{"source_directory_data_store", estimator}};
}

}  // namespace azureml::test
