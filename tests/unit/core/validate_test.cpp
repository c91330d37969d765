// One test for each rule that needs no folder; those of the folder are in validate_source_test.cpp.
#include "core/checks.hpp"

#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace azureml {
namespace {

using core::Faults;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

using Change = std::function<void(Estimator&)>;

/// The faults of a good estimator after one change, without those of the folder, which does not exist.
std::vector<Fault> faults_after(Change const& change) {
  auto estimator = test::plain_estimator();
  change(estimator);
  Faults faults;
  core::check_script_params(estimator, faults);
  core::check_compute(estimator, faults);
  core::check_environment(estimator, faults);
  core::check_data(estimator, faults);
  auto found = faults.take();
  for (auto const& fault : found) {
    EXPECT_FALSE(fault.problem.empty()) << fault.field;
    EXPECT_FALSE(fault.remedy.empty()) << fault.field;
  }
  return found;
}

std::vector<std::string> fields_after(Change const& change) {
  std::vector<std::string> fields;
  for (auto const& fault : faults_after(change)) fields.push_back(fault.field);
  return fields;
}

TEST(Validate, GoodEstimator_HasNoFault) {
  EXPECT_THAT(fields_after([](Estimator&) {}), IsEmpty());
}

// Script parameters

TEST(ValidateParams, KeyTwice_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.script_params = {{"--a", 1}, {"--b", 2}, {"--a", 3}};
              }),
              ElementsAre("script_params[2]"));
}
TEST(ValidateParams, KeyAppended_IsNoFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.script_params = {{"--a", 1}};
                e.script_params.append("--a", 2);
              }),
              IsEmpty());
}
TEST(ValidateParams, PositionalsTwice_AreNoFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.script_params = {{"", "a.csv"}, {"", "b.csv"}}; }), IsEmpty());
}
TEST(ValidateParams, ListWithinList_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.script_params = {{"--a", {ScriptValue{1, 2}, 3}}};
              }),
              ElementsAre("script_params[0][0]"));
}
TEST(ValidateParams, TextThatIsNoText_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.script_params = {{"--a", std::string("a\0b", 3)}, {"--b", {"good", "\xFF"}}};
              }),
              ElementsAre("script_params[0]", "script_params[1][1]"));
}
TEST(ValidateParams, NanAndInfinity_AreNoFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.script_params = {{"--a", 0.0 / 0.0}, {"--b", 1e308 * 10}}; }), IsEmpty());
}

// Compute and distribution

TEST(ValidateCompute, NeitherTargetNorSize_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.compute_target = {}; }), ElementsAre("compute_target"));
}
TEST(ValidateCompute, SizeWithoutTarget_IsNoFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.compute_target = {};
                e.vm_size = "STANDARD_D2_V2";
                e.vm_priority = "LowPriority";
              }),
              IsEmpty());
}
TEST(ValidateCompute, TargetAndSize_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.vm_size = "STANDARD_D2_V2"; }), ElementsAre("vm_size"));
}
TEST(ValidateCompute, UnknownPriority_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.compute_target = {};
                e.vm_size = "STANDARD_D2_V2";
                e.vm_priority = "spot";
              }),
              ElementsAre("vm_priority"));
}
TEST(ValidateCompute, PriorityWithoutSize_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.vm_priority = "dedicated"; }), ElementsAre("vm_priority"));
}
TEST(ValidateCompute, TargetThatIsNoName_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.compute_target = "a/b"; }), ElementsAre("compute_target"));
}
TEST(ValidateCompute, SeveralNodesOnATargetByName_IsNoFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.node_count = 4;
                e.distributed_backend = "MPI";
              }),
              IsEmpty());
}
TEST(ValidateCompute, CountsBelowOne_AreFaults) {
  EXPECT_THAT(fields_after([](auto& e) { e.node_count = 0; }), ElementsAre("node_count"));
  EXPECT_THAT(fields_after([](auto& e) { e.process_count_per_node = -1; }), ElementsAre("process_count_per_node"));
}
TEST(ValidateCompute, SeveralProcessesWithoutDistribution_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.node_count = 2; }), ElementsAre("node_count"));
  EXPECT_THAT(fields_after([](auto& e) { e.process_count_per_node = 2; }), ElementsAre("process_count_per_node"));
}
TEST(ValidateCompute, UnknownBackend_IsAFaultThatListsTheKnown) {
  auto const faults = faults_after([](auto& e) { e.distributed_backend = "horovod"; });
  ASSERT_THAT(test::described(faults), ElementsAre("distributed_backend: 'horovod' is not known"));
  EXPECT_THAT(faults[0].remedy, HasSubstr("\"gloo\""));
}
TEST(ValidateCompute, BackendInBothForms_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.distributed_backend = "mpi";
                e.distributed_training = Mpi{};
              }),
              ElementsAre("distributed_backend"));
}
TEST(ValidateCompute, MpiNodeCount_MustRepeatTheEstimators) {
  EXPECT_THAT(fields_after([](auto& e) { e.distributed_training = Mpi{.node_count = 2}; }),
              ElementsAre("distributed_training"));
  EXPECT_THAT(fields_after([](auto& e) { e.distributed_training = Mpi{.node_count = 1}; }), IsEmpty());
}
TEST(ValidateCompute, ProcessCountInBothForms_MustAgree) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.process_count_per_node = 2;
                e.distributed_training = Nccl{.process_count_per_node = 4};
              }),
              ElementsAre("process_count_per_node"));
  EXPECT_THAT(fields_after([](auto& e) { e.distributed_training = Gloo{.process_count_per_node = 0}; }),
              ElementsAre("distributed_training"));
}
TEST(ValidateCompute, ParameterServers_MustFillTheNodes) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.distributed_training = ParameterServer{.worker_count = 0, .parameter_server_count = -1};
              }),
              ElementsAre("distributed_training", "distributed_training", "node_count"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.node_count = 4;
                e.distributed_training = ParameterServer{.worker_count = 2};
              }),
              ElementsAre("node_count"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.process_count_per_node = 2;
                e.distributed_training = ParameterServer{};
              }),
              ElementsAre("process_count_per_node"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.process_count_per_node = 2;
                e.distributed_backend = "ps";
              }),
              ElementsAre("process_count_per_node"));
}
TEST(ValidateCompute, ParallelTask_IsRefused) {
  EXPECT_THAT(fields_after([](auto& e) { e.distributed_training = ParallelTask{}; }),
              ElementsAre("distributed_training"));
}
TEST(ValidateCompute, ShmSize_IsDigitsAndAUnit) {
  EXPECT_THAT(fields_after([](auto& e) { e.shm_size = "2g"; }), IsEmpty());
  EXPECT_THAT(fields_after([](auto& e) { e.shm_size = "512M"; }), IsEmpty());
  for (auto const* bad : {"2", "g", "2gb", "2 g", "-2g", "2.5g"}) {
    EXPECT_THAT(fields_after([&](auto& e) { e.shm_size = bad; }), ElementsAre("shm_size")) << bad;
  }
}
TEST(ValidateCompute, DurationThatIsNotPositive_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.max_run_duration = std::chrono::seconds(0); }),
              ElementsAre("max_run_duration"));
  EXPECT_THAT(fields_after([](auto& e) { e.max_run_duration = std::chrono::seconds(-1); }),
              ElementsAre("max_run_duration"));
}

// Environment

TEST(ValidateEnvironment, OlderAndNewerName_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.custom_docker_base_image = e.custom_docker_image = "a:1"; }),
              ElementsAre("custom_docker_base_image"));
  EXPECT_THAT(fields_after([](auto& e) { e.conda_dependencies_file = e.conda_dependencies_file_path = "c.yml"; }),
              ElementsAre("conda_dependencies_file_path"));
  EXPECT_THAT(fields_after([](auto& e) { e.pip_requirements_file = e.pip_requirements_file_path = "r.txt"; }),
              ElementsAre("pip_requirements_file_path"));
}
TEST(ValidateEnvironment, DockerOffWithAnImage_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.use_docker = false;
                e.custom_docker_image = "a:1";
              }),
              ElementsAre("use_docker"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.use_docker = false;
                e.environment_definition = Environment{.docker = {.base_image = "a:1"}};
              }),
              ElementsAre("use_docker"));
  EXPECT_THAT(fields_after([](auto& e) { e.use_docker = false; }), IsEmpty());
}
TEST(ValidateEnvironment, Definition_ExcludesAllOthers) {
  auto const fields = fields_after([](auto& e) {
    e.environment_definition = Environment{.name = "mine"};
    e.pip_packages = {"a"};
    e.pip_requirements_file = "r.txt";
    e.conda_packages = {"b"};
    e.custom_docker_base_image = "a:1";
    e.image_registry_details = ContainerRegistry{"r.example.com", "me", Secret::literal("x")};
    e.use_gpu = true;
    e.shm_size = "2g";
    e.environment_variables = {{"A", "1"}};
  });
  EXPECT_THAT(fields, testing::UnorderedElementsAre("pip_packages", "pip_requirements_file", "conda_packages",
                                                    "custom_docker_base_image", "image_registry_details", "use_gpu",
                                                    "shm_size", "environment_variables"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.environment_definition = Environment{.name = "mine"};
                e.user_managed = true;
                e.custom_docker_image = "a:1";
                e.conda_dependencies_file_path = "c.yml";
              }),
              testing::UnorderedElementsAre("user_managed", "custom_docker_image", "conda_dependencies_file_path"));
}
TEST(ValidateEnvironment, CondaFile_ExcludesPackages) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.conda_dependencies_file = "c.yml";
                e.conda_packages = {"a"};
                e.pip_packages = {"b"};
                e.pip_requirements_file_path = "r.txt";
              }),
              ElementsAre("conda_packages", "pip_packages", "pip_requirements_file_path"));
}
TEST(ValidateEnvironment, UserManaged_ExcludesPackages) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.user_managed = true;
                e.pip_packages = {"b"};
              }),
              ElementsAre("pip_packages"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.user_managed = true;
                e.conda_dependencies_file = "c.yml";
              }),
              ElementsAre("conda_dependencies_file"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.environment_definition =
                    Environment{.conda_dependencies = {.pip_packages = {"a"}}, .user_managed_dependencies = true};
              }),
              ElementsAre("environment_definition.user_managed_dependencies"));
}
TEST(ValidateEnvironment, PackagesThatAreNone_AreFaults) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.pip_packages = {"good", "--index-url x", "", "a\nb", "\xFF"};
              }),
              ElementsAre("pip_packages[1]", "pip_packages[2]", "pip_packages[3]", "pip_packages[4]"));
  EXPECT_THAT(fields_after([](auto& e) { e.conda_packages = {"-c"}; }), ElementsAre("conda_packages[0]"));
}
TEST(ValidateEnvironment, PasswordInPackageAddress_IsAFaultThatDoesNotShowIt) {
  auto const faults = faults_after([](auto& e) { e.pip_packages = {"p @ git+https://me:hunter2@example.com/p"}; });
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0].problem, testing::Not(HasSubstr("hunter2")));
}
TEST(ValidateEnvironment, ImageThatIsNone_IsAFault) {
  for (auto const* bad : {"https://a/b", "a b", "-x"}) {
    EXPECT_THAT(fields_after([&](auto& e) { e.custom_docker_image = bad; }), ElementsAre("custom_docker_image")) << bad;
  }
}
TEST(ValidateEnvironment, VariableNames_AreIdentifiers) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.environment_variables = {{"A-B", "1"}, {"", "2"}, {"_OK1", "3"}, {"N", std::string("a\0", 2)}};
              }),
              testing::UnorderedElementsAre("environment_variables[\"A-B\"]", "environment_variables[\"\"]",
                                            "environment_variables[\"N\"]"));
}
TEST(ValidateEnvironment, SecretVariables_MustHaveTheirSource) {
  test::ScopedVariable const variable("AZUREML_TEST_SECRET", nullptr);
  auto const faults = faults_after([](auto& e) {
    e.environment_variables = {{"BOTH", "1"}};
    e.secret_environment_variables = {{"BOTH", Secret::literal("x")},
                                      {"EMPTY", {}},
                                      {"GONE", Secret::from_env("AZUREML_TEST_SECRET")},
                                      {"1", Secret::literal("x")}};
  });
  EXPECT_THAT(test::described(faults),
              testing::UnorderedElementsAre(
                  StartsWith("secret_environment_variables[\"BOTH\"]: environment_variables has"),
                  StartsWith("secret_environment_variables[\"EMPTY\"]"), HasSubstr("AZUREML_TEST_SECRET"),
                  StartsWith("secret_environment_variables[\"1\"]")));
}
TEST(ValidateEnvironment, Registry_NeedsAddressUserAndPassword) {
  EXPECT_THAT(fields_after([](auto& e) { e.image_registry_details.emplace(); }),
              ElementsAre("image_registry_details.address", "image_registry_details.username",
                          "image_registry_details.password"));
}
TEST(ValidateEnvironment, RegistryIdentity_IsRefused) {
  EXPECT_THAT(
      fields_after([](auto& e) {
        e.image_registry_details = ContainerRegistry{"r.example.com", "me", Secret::literal("x"), "/subscriptions/s"};
      }),
      ElementsAre("image_registry_details.registry_identity"));
}
TEST(ValidateEnvironment, BuildContext_IsRefused) {
  EXPECT_THAT(
      fields_after([](auto& e) { e.environment_definition = Environment{.docker = {.build_context = "./docker"}}; }),
      ElementsAre("environment_definition.docker.build_context"));
}
TEST(ValidateEnvironment, DefinitionsNameAndVersion_AreChecked) {
  EXPECT_THAT(fields_after([](auto& e) { e.environment_definition.emplace(); }), ElementsAre("environment_definition"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.environment_definition = Environment{.version = "1", .docker = {.base_image = "a:1"}};
              }),
              ElementsAre("environment_definition.version"));
  EXPECT_THAT(fields_after([](auto& e) { e.environment_definition = Environment{.name = "a/b", .version = "1:2"}; }),
              ElementsAre("environment_definition.name", "environment_definition.version"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.environment_definition = Environment{.name = "AzureML-mine", .docker = {.base_image = "a:1"}};
              }),
              ElementsAre("environment_definition.name"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.environment_definition = Environment{.name = "AzureML-sklearn-1.0", .version = "33"};
              }),
              IsEmpty());
}
TEST(ValidateEnvironment, DefinitionsParts_AreChecked) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.environment_definition = Environment{.docker = {.base_image = "a b", .shm_size = "big"},
                                                       .conda_dependencies = {.channels = {"-x"},
                                                                              .conda_packages = {"python=3.9"},
                                                                              .pip_packages = {"-r x"},
                                                                              .python_version = "3.x"},
                                                       .environment_variables = {{"1", "x"}}};
              }),
              testing::UnorderedElementsAre(
                  "environment_definition.docker.shm_size", "environment_definition.conda_dependencies.pip_packages[0]",
                  "environment_definition.conda_dependencies.channels[0]",
                  "environment_definition.conda_dependencies.python_version",
                  "environment_definition.conda_dependencies.python_version",
                  "environment_definition.environment_variables[\"1\"]", "environment_definition.docker.base_image"));
}

// Data

DataReference const kData{.datastore = "ds"};

TEST(ValidateData, OneNameForTwoThings_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.script_params = {{"--a", kData.as_mount()}, {"--b", kData.as_download()}};
              }),
              ElementsAre("script_params[1]"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.inputs = {kData};
                e.outputs = {{"ds", {}}};
              }),
              ElementsAre("outputs[\"ds\"]"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.inputs = {Input("x", "azureml:a:1"), Input("x", "azureml:b:1")};
              }),
              ElementsAre("inputs[1]"));
}
TEST(ValidateData, OneThingTwice_IsNoFault) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.script_params = {
                    {"--a", kData.as_mount()},
                    {"--b", {kData.as_mount(), DataReference{.datastore = "ds", .path_on_datastore = "./"}}}};
                e.inputs = {kData};
              }),
              IsEmpty());
}
TEST(ValidateData, NamesThatAreNoVariables_AreFaults) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.script_params = {{"--a", DataReference{.datastore = "my-store"}}};
              }),
              ElementsAre("script_params[0]"));
  EXPECT_THAT(fields_after([](auto& e) { e.inputs = {DataReference{.datastore = "ds", .name = "1st"}}; }),
              ElementsAre("inputs[0]"));
  EXPECT_THAT(fields_after([](auto& e) { e.inputs = {Input("a b", "azureml:a:1")}; }), ElementsAre("inputs[0].name"));
  EXPECT_THAT(fields_after([](auto& e) { e.outputs = {{"a.b", {}}}; }), ElementsAre("outputs[\"a.b\"]"));
}
TEST(ValidateData, NameDefault_IsTheServices) {
  EXPECT_THAT(fields_after([](auto& e) { e.outputs = {{"default", {}}}; }), ElementsAre("outputs[\"default\"]"));
  EXPECT_THAT(fields_after([](auto& e) { e.inputs = {DataReference{.datastore = "default"}}; }),
              ElementsAre("inputs[0]"));
}
TEST(ValidateData, DatastorePaths_StayOnTheDatastore) {
  EXPECT_THAT(fields_after([](auto& e) { e.inputs = {DataReference{}}; }), ElementsAre("inputs[0]", "inputs[0]"));
  for (auto const* bad : {"../x", "a/../b", "a?b", "a#b", "a\nb", "a\\b", "\xFF"}) {
    EXPECT_THAT(fields_after([&](auto& e) { e.inputs = {DataReference{.datastore = "ds", .path_on_datastore = bad}}; }),
                ElementsAre("inputs[0]"))
        << bad;
  }
}
TEST(ValidateData, PathOnCompute_StaysInTheWorkingDirectory) {
  for (auto const* bad : {"/data", "../data", "a/../../b", "./", "outputs", "./logs/"}) {
    EXPECT_THAT(fields_after([&](auto& e) { e.inputs = {kData.as_download(bad)}; }), ElementsAre("inputs[0]")) << bad;
  }
  EXPECT_THAT(fields_after([](auto& e) { e.inputs = {kData.as_download("./data/in")}; }), IsEmpty());
}
TEST(ValidateData, PathsOnComputeThatMeet_AreFaults) {
  DataReference const other{.datastore = "other"};
  EXPECT_THAT(fields_after([&](auto& e) {
                e.inputs = {kData.as_download("a"), other.as_download("./a")};
              }),
              ElementsAre("inputs[1]"));
  EXPECT_THAT(fields_after([&](auto& e) {
                e.inputs = {kData.as_download("a/b"), other.as_download("a")};
              }),
              ElementsAre("inputs[1]"));
  EXPECT_THAT(fields_after([&](auto& e) { e.inputs = {kData.as_download("a"), other.as_download("ab")}; }), IsEmpty());
}
TEST(ValidateData, LocalPathAsInput_HasToBeThere) {
  test::TemporaryDirectory const folder;
  folder.write("data/a.csv", "1");
  auto const there = (folder.path() / "data").string();
  EXPECT_THAT(fields_after([&](auto& e) { e.inputs = {Input("x", there), Input("y", there + "/a.csv")}; }), IsEmpty());
  auto const faults = faults_after([](auto& e) { e.inputs = {Input("x", "./no-such-folder")}; });
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].field, "inputs[0].address");
  EXPECT_THAT(faults[0].problem, HasSubstr("no file or folder './no-such-folder' in '/"));
  EXPECT_THAT(faults[0].remedy, HasSubstr("azureml:name:version"));
  EXPECT_THAT(fields_after([](auto& e) { e.inputs = {Input("x", "/dev/null"), Input("y", "")}; }),
              ElementsAre("inputs[0].address", "inputs[1].address"));
}
TEST(ValidateData, LocalPathsTypeAndName_AreThoseOfAJob) {
  test::TemporaryDirectory const folder;
  folder.write("data/a$b.csv", "1");
  auto const path = (folder.path() / "data").string();
  EXPECT_THAT(fields_after([&](auto& e) {
                e.inputs = {Input("x", path), Input("y", path + "/a$b.csv"), Input("z", "/")};
                e.inputs[0].type = "uri_file";
              }),
              ElementsAre("inputs[0].type", "inputs[1].address", "inputs[2].address"));
}
TEST(ValidateData, SchemesNotKnown_AreNoPathsOfThisMachine) {
  for (auto const* bad : {"ftp://host/x", "file:///data", "azureml:", "s3://bucket/x"}) {
    auto const faults = faults_after([&](auto& e) { e.inputs = {Input("x", bad)}; });
    ASSERT_EQ(faults.size(), 1U) << bad;
    EXPECT_THAT(faults[0].problem, HasSubstr("is not an address of data")) << bad;
  }
}
TEST(ValidateData, Addresses_OfTheKnownFormsAreGood) {
  for (auto const* good : {"azureml:name:1", "azureml:name@latest", "azureml://datastores/ds/paths/a",
                           "https://example.com/a", "wasbs://c@a.blob.core.windows.net/p"}) {
    EXPECT_THAT(fields_after([&](auto& e) { e.inputs = {Input("x", good)}; }), IsEmpty()) << good;
  }
}
TEST(ValidateData, SignatureInAddress_IsAFaultThatDoesNotShowIt) {
  auto const faults =
      faults_after([](auto& e) { e.inputs = {Input("x", "https://a.blob.core.windows.net/c/b?sv=1&sig=hunter2")}; });
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_THAT(faults[0].problem, testing::Not(HasSubstr("hunter2")));
}
TEST(ValidateData, InputsParts_AreChecked) {
  EXPECT_THAT(fields_after([](auto& e) { e.inputs = {Input("x", "azureml:a:1", DataMode::upload)}; }),
              ElementsAre("inputs[0].mode"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.inputs = {Input("x", "azureml:a:1")};
                e.inputs[0].type = "mltable";
              }),
              ElementsAre("inputs[0].type"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.inputs = {kData};
                e.inputs[0].name = "other";
              }),
              ElementsAre("inputs[0]"));
}
TEST(ValidateData, OutputsParts_AreChecked) {
  EXPECT_THAT(fields_after([](auto& e) {
                e.outputs = {{"m", {.mode = DataMode::download}}};
              }),
              ElementsAre("outputs[\"m\"].mode"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.outputs = {{"m", {.address = "https://example.com/x"}}};
              }),
              ElementsAre("outputs[\"m\"].address"));
  EXPECT_THAT(fields_after([](auto& e) {
                e.outputs = {{"m", {.asset_name = "a b"}}};
              }),
              ElementsAre("outputs[\"m\"].asset_name"));
}
TEST(ValidateData, ResumeFromAnUpload_IsAFault) {
  EXPECT_THAT(fields_after([](auto& e) { e.resume_from = kData.as_upload(); }), ElementsAre("resume_from"));
  EXPECT_THAT(fields_after([](auto& e) { e.resume_from = kData; }), IsEmpty());
}
TEST(ValidateData, StagingStore_IsRefused) {
  EXPECT_THAT(fields_after([](auto& e) { e.source_directory_data_store = "ds"; }),
              ElementsAre("source_directory_data_store"));
}

}  // namespace
}  // namespace azureml
