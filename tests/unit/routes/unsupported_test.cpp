#include "routes_fixture.hpp"

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;

struct Unsupported {
  char const* name;
  char const* change;  ///< Merged into the properties of a job that is good without it.
  char const* word;    ///< The user's.
  char const* member;  ///< The wire's.
};

std::ostream& operator<<(std::ostream& out, Unsupported const& each) { return out << each.name; }

class UnsupportedTest : public RoutesTest, public ::testing::WithParamInterface<Unsupported> {};

TEST_P(UnsupportedTest, Submit_IsRefusedNamingIt) {
  an_environment();
  ask_json({.method = "PUT", .address = arm("environments/own/versions/1"), .body = R"({"properties":{"image":"docker.io/library/python:3.11"}})"}, 201);
  ask_json({.method = "PUT", .address = arm("environments/gpu/versions/1"),
            .body = R"({"properties":{"image":"mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"}})"}, 201);
  ask_json({.method = "PUT", .address = arm("environments/build/versions/1"), .body = R"({"properties":{"build":{"contextUri":"https://x/"}}})"}, 201);
  auto job = command_job();
  job.merge_patch(json::parse(GetParam().change));
  auto const error = refusal(put_job("r1", job));
  EXPECT_EQ(error.status, 400);
  EXPECT_EQ(error.code, "UserError");
  EXPECT_THAT(error.message, HasSubstr(GetParam().word));
  EXPECT_THAT(error.message, HasSubstr(GetParam().member));
  EXPECT_FALSE(store_->find_job("r1"));
  EXPECT_TRUE(runner_calls_.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Parameters, UnsupportedTest,
    ::testing::Values(
        Unsupported{"output_model", R"({"outputs":{"o":{"jobOutputType":"custom_model","assetName":"a"}}})", "as a model", "outputs.o.assetName"},
        Unsupported{"output_name", R"({"outputs":{"o":{"jobOutputType":"uri_folder","assetName":"a/b"}}})", "no name of a data asset", "outputs.o"},
        Unsupported{"path_on_compute", R"({"inputs":{"d":{"jobInputType":"uri_file","uri":"https://x/","pathOnCompute":"/d"}}})", "path", "inputs.d.pathOnCompute"},
        Unsupported{"default_output", R"({"outputs":{"default":{"jobOutputType":"uri_folder"}}})", "default", "outputs.default"},
        Unsupported{"mpi", R"({"distribution":{"distributionType":"Mpi","processCountPerInstance":2}})", "Mpi", "distribution"},
        Unsupported{"pytorch", R"({"distribution":{"distributionType":"PyTorch"}})", "PyTorch", "distribution"},
        Unsupported{"tensorflow", R"({"distribution":{"distributionType":"TensorFlow","workerCount":1}})", "TensorFlow", "distribution"},
        Unsupported{"ray", R"({"distribution":{"distributionType":"Ray"}})", "Ray", "distribution"},
        Unsupported{"nodes", R"({"resources":{"instanceCount":2}})", "node_count", "resources.instanceCount"},
        Unsupported{"no_node", R"({"resources":{"instanceCount":0}})", "node_count", "resources.instanceCount"},
        Unsupported{"growing", R"({"resources":{"maxInstanceCount":2}})", "nodes", "resources.maxInstanceCount"},
        Unsupported{"vm_size", R"({"computeId":null,"resources":{"instanceType":"Standard_D2"}})", "use compute_target", "resources.instanceType"},
        Unsupported{"vm_priority", R"({"computeId":null,"queueSettings":{"jobTier":"Spot"}})", "use compute_target", "queueSettings.jobTier"},
        Unsupported{"tier_on_compute", R"({"queueSettings":{"jobTier":"Standard"}})", "vm_priority", "queueSettings.jobTier"},
        Unsupported{"priority", R"({"queueSettings":{"priority":1}})", "priority", "queueSettings.priority"},
        Unsupported{"shm_size", R"({"resources":{"shmSize":"8g"}})", "shm_size", "resources.shmSize"},
        Unsupported{"docker_args", R"({"resources":{"dockerArgs":"--privileged"}})", "docker_args", "resources.dockerArgs"},
        Unsupported{"docker_args_list", R"({"resources":{"dockerArgsList":["-v"]}})", "docker_args", "resources.dockerArgsList"},
        Unsupported{"locations", R"({"resources":{"locations":["eastus"]}})", "Locations", "resources.locations"},
        Unsupported{"is_local", R"({"resources":{"properties":{"IsLocal":{"IsLocal":true}}}})", "Properties", "resources.properties"},
        Unsupported{"managed_identity", R"({"identity":{"identityType":"Managed"}})", "Managed", "identity"},
        Unsupported{"user_identity", R"({"identity":{"identityType":"UserIdentity"}})", "UserIdentity", "identity"},
        Unsupported{"services", R"({"services":{"tb":{"jobServiceType":"TensorBoard"}}})", "services", "services"},
        Unsupported{"component", R"({"componentId":"x"})", "component", "componentId"},
        Unsupported{"notifications", R"({"notificationSetting":{"emails":["a@b"]}})", "Notifications", "notificationSetting"},
        Unsupported{"secrets", R"({"secretsConfiguration":{"A":{"uri":"x"}}})", "secret_environment_variables", "secretsConfiguration"},
        Unsupported{"autologger", R"({"autologgerSettings":{"mlflowAutologger":"Enabled"}})", "logging", "autologgerSettings"},
        Unsupported{"use_gpu", R"({"properties":{"azureml-cpp.use_gpu":"true"}})", "use_gpu", "azureml-cpp.use_gpu"},
        Unsupported{"gpus", R"({"properties":{"azureml-cpp.gpus":"3"}})", "asks for 3 GPUs, and this engine has 0", "azureml-cpp.gpus"},
        Unsupported{"gpu_image", R"({"environmentId":"azureml:gpu:1"})", "use_gpu", "environmentId: image"},
        Unsupported{"own_image", R"({"environmentId":"azureml:own:1"})", "custom_docker_image 'docker.io/library/python:3.11'", "environmentId: image"},
        Unsupported{"build", R"({"environmentId":"azureml:build:1"})", "build context", "environmentId: build"},
        Unsupported{"curated", R"({"environmentId":"azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:33"})", "curated", "environmentId"},
        Unsupported{"curated_latest", R"({"environmentId":"azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest"})", "curated", "environmentId"},
        Unsupported{"registry", R"({"environmentId":"azureml://registries/azureml/environments/e/versions/1"})", "registry", "environmentId"}),
    [](auto const& instance) { return instance.param.name; });

TEST_F(RoutesTest, WhatIsNoWish_IsAccepted) {
  an_environment();
  char const* const changes[] = {R"({"identity":{"identityType":"amltoken"}})", R"({"services":{}})", R"({"notificationSetting":{}})",
                                 R"({"inputs":{"x":{"jobInputType":"Literal","value":"1"}}})", R"({"environmentVariables":{"A":"b"}})",
                                 R"({"limits":{"jobLimitsType":"Command","timeout":"PT10M"}})", R"({"queueSettings":{"jobTier":"Null"}})",
                                 R"({"resources":{"instanceCount":1,"shmSize":"2g","dockerArgs":"","properties":{}}})",
                                 R"({"properties":{"azureml-cpp.use_docker":"false"}})", R"({"computeId":"azureml:cpu-cluster"})"};
  int number = 0;
  for (auto const* change : changes) {
    auto job = command_job();
    job.merge_patch(json::parse(change));
    EXPECT_EQ(ask(put_job("r" + std::to_string(number++), job)).status, 201) << change;
  }
}

TEST_F(RoutesTest, GpusWithinWhatThereIs_AreAcceptedAndMoreIsRefusedWithBothNumbers) {
  an_environment();
  restart({.gpus = {"0", "1"}});
  ask_json({.method = "PUT", .address = arm("environments/gpu/versions/1"),
            .body = R"({"properties":{"image":"mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"}})"}, 201);
  auto job = command_job();
  job["environmentId"] = "azureml:gpu:1";
  job["properties"] = {{"azureml-cpp.use_gpu", "true"}, {"azureml-cpp.gpus", "2"}, {"azureml-cpp.cpus", "3"}};
  EXPECT_EQ(ask(put_job("r1", job)).status, 201);
  EXPECT_THAT(runner_calls_, ::testing::Contains(HasSubstr("of cpus 3, gpus 2")));
  job["properties"]["azureml-cpp.gpus"] = "3";
  EXPECT_THAT(refusal(put_job("r2", job)).message, HasSubstr("asks for 3 GPUs, and this engine has 2"));
  EXPECT_FALSE(store_->find_job("r2"));
}

TEST_F(RoutesTest, ResourcesThatCannotBeRead_AreRefusedNamingThem) {
  an_environment();
  for (auto const* property : {"azureml-cpp.cpus", "azureml-cpp.gpus", "azureml-cpp.memory", "azureml-cpp.use_gpu"}) {
    auto job = command_job();
    job["properties"] = {{property, "many"}};
    auto const error = refusal(put_job("r1", job));
    EXPECT_EQ(error.status, 400);
    EXPECT_THAT(error.message, HasSubstr(std::string("'") + property + "' of the job is 'many'"));
  }
}

TEST_F(RoutesTest, SeveralUnsupported_AreAllTold) {
  an_environment();
  auto job = command_job();
  job.merge_patch(json::parse(R"({"resources":{"instanceCount":2,"shmSize":"8g"},"distribution":{"distributionType":"Mpi"}})"));
  auto const error = refusal(put_job("r1", job));
  EXPECT_EQ(error.details.size(), 3U);
  EXPECT_THAT(error.message, HasSubstr("2 more"));
}

TEST_F(RoutesTest, BadValues_AreRefusedNamingTheMember) {
  an_environment();
  std::pair<char const*, char const*> const cases[] = {
      {R"({"limits":{"jobLimitsType":"Command","timeout":"10 minutes"}})", "limits.timeout"},
      {R"({"limits":{"jobLimitsType":"Command","timeout":"PT0S"}})", "limits.timeout"},
      {R"({"environmentVariables":{"A=B":"c"}})", "environmentVariables"},
      {R"({"environmentVariables":{"":"c"}})", "environmentVariables"},
      {R"({"environmentVariables":{"A":"c\u0000d"}})", "environmentVariables.A"},
      {R"({"inputs":{"1x":{"jobInputType":"literal","value":"1"}}})", "inputs"},
      {R"({"inputs":{"x":{"jobInputType":"literal","value":"a\u0000"}}})", "inputs.x"},
      {R"({"command":"echo \u0000"})", "command"},
  };
  for (auto const& [change, word] : cases) {
    auto job = command_job();
    job.merge_patch(json::parse(change));
    auto const error = refusal(put_job("r1", job));
    EXPECT_EQ(error.status, 400) << change;
    EXPECT_THAT(error.message, HasSubstr(word));
  }
}

}  // namespace
}  // namespace azureml::engine::routes
