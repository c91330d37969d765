#include "engine/routes/job_input.hpp"
#include "engine/routes/references.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace azureml::engine::routes {
namespace {

/// Collects every refusal, so that the user sees them all at once.
class Refusals {
 public:
  /// `parameter` is the user's word, `member` the wire's.
  void add(std::string const& parameter, std::string const& member, std::string const& reason = "is not supported by this engine yet") {
    error_.details.emplace_back("NotSupported", parameter + " (" + member + ") " + reason + ".");
  }
  void finish() {
    if (error_.details.empty()) return;
    error_.message = error_.details.front().second;
    if (error_.details.size() > 1) {
      error_.message += " " + std::to_string(error_.details.size() - 1) + " more of the job's parameters are refused too; the details name them.";
    }
    error_.inner = {"BadArgument", "NotSupported"};
    throw error_;
  }

 private:
  ApiError error_{};
};

bool is_set(json const& object, char const* name) {
  auto const found = object.find(name);
  if (found == object.end() || found->is_null()) return false;
  return !((found->is_string() && found->get_ref<std::string const&>().empty()) || ((found->is_object() || found->is_array()) && found->empty()));
}

constexpr std::array<std::string_view, 3> kInputModes{"ReadOnlyMount", "Download", "Direct"};
constexpr std::array<std::string_view, 3> kOutputModes{"ReadWriteMount", "Upload", "Direct"};

template <std::size_t N>
bool holds(std::array<std::string_view, N> const& words, std::string const& word) {
  return std::any_of(words.begin(), words.end(), [&](auto each) { return base::equal_ignoring_case(each, word); });
}

void check_data(json const& definition, Refusals& refusals) {
  auto const inputs = definition.value("inputs", json::object()), outputs = definition.value("outputs", json::object());
  for (auto const& [name, input] : inputs.items()) {
    auto const mode = text_member(input, "mode");
    if (base::equal_ignoring_case(text_member(input, "jobInputType"), "literal")) continue;
    if (!holds(kInputModes, mode)) refusals.add("The mode " + mode + " of the data input '" + name + "'", "inputs." + name + ".mode");
    if (is_set(input, "pathOnCompute")) refusals.add("The path of the data input '" + name + "'", "inputs." + name + ".pathOnCompute");
  }
  for (auto const& [name, output] : outputs.items()) {
    auto const type = text_member(output, "jobOutputType"), mode = text_member(output, "mode");
    if (!holds(kOutputModes, mode)) refusals.add("The mode " + mode + " of the data output '" + name + "'", "outputs." + name + ".mode");
    if (is_set(output, "assetName") && base::to_lower_ascii(type).ends_with("_model")) {
      refusals.add("Registering the output '" + name + "' as a model", "outputs." + name + ".assetName");
    }
    if (is_set(output, "pathOnCompute")) refusals.add("The path of the data output '" + name + "'", "outputs." + name + ".pathOnCompute");
    if (is_set(output, "autoDeleteSetting")) refusals.add("Deleting the data output '" + name + "'", "outputs." + name + ".autoDeleteSetting");
  }
}

void check_resources(json const& definition, Refusals& refusals) {
  bool const has_compute = definition.contains("computeId");
  if (definition.contains("resources")) {
    auto const& resources = definition.at("resources");
    auto const count = resources.value("instanceCount", std::int64_t{1});
    if (count < 1) refusals.add("node_count", "resources.instanceCount", "is " + std::to_string(count) + "; it must be at least 1");
    if (count > 1) refusals.add("node_count = " + std::to_string(count), "resources.instanceCount");
    if (resources.value("maxInstanceCount", std::int64_t{1}) > 1) refusals.add("A growing number of nodes", "resources.maxInstanceCount");
    if (is_set(resources, "instanceType")) {
      refusals.add("vm_size", "resources.instanceType", "is not supported by this engine: use compute_target");
    }
    if (is_set(resources, "shmSize") && base::to_lower_ascii(text_member(resources, "shmSize")) != "2g") {
      refusals.add("shm_size", "resources.shmSize", "has no effect without containers, which this engine does not support yet");
    }
    if (is_set(resources, "dockerArgs")) refusals.add("docker_args", "resources.dockerArgs");
    if (is_set(resources, "dockerArgsList")) refusals.add("docker_args", "resources.dockerArgsList");
    if (is_set(resources, "locations")) refusals.add("Locations", "resources.locations");
    if (is_set(resources, "properties")) refusals.add("Properties of the resources", "resources.properties");
  }
  if (definition.contains("queueSettings")) {
    auto const& queue = definition.at("queueSettings");
    auto const tier = text_member(queue, "jobTier", "Null");
    if (!base::equal_ignoring_case(tier, "Null")) {
      refusals.add("vm_priority", "queueSettings.jobTier",
                   has_compute ? "is '" + tier + "', which has no meaning on a compute" : "is not supported by this engine: use compute_target");
    }
    if (queue.contains("priority")) refusals.add("The priority", "queueSettings.priority");
  }
}

bool is_gpu_image(std::string const& image) { return image.find("cuda") != std::string::npos || image.find("gpu") != std::string::npos; }

void check_environment(store::EnvironmentRecord const& environment, bool has_gpus, Refusals& refusals) {
  if (!environment.build.empty()) {
    refusals.add("The environment's build context", "environmentId: build", "needs containers, which this engine does not support yet");
    return;
  }
  auto const image = base::to_lower_ascii(environment.image);
  if (!image.starts_with("mcr.microsoft.com/azureml/")) {
    refusals.add("custom_docker_image '" + environment.image + "'", "environmentId: image",
                 "needs containers, which this engine does not support yet: it serves the base images mcr.microsoft.com/azureml/… by environments on "
                 "this machine");
  } else if (is_gpu_image(image) && !has_gpus) {
    refusals.add("use_gpu: the image '" + environment.image + "'", "environmentId: image",
                 "is one for GPUs, and this engine has 0: name its GPUs in its configuration ('gpus'), or use an image without CUDA");
  }
}

}  // namespace

runner::Resources wanted_resources(WantedJob const& job) {
  try {
    return runner::resources_of(job.properties);
  } catch (std::invalid_argument const& error) {
    throw bad_request(error.what());
  }
}

void refuse_unsupported(WantedJob const& job, store::Store& store, runner::Capacity const& capacity) {
  auto const& definition = job.definition;
  Refusals refusals;
  check_data(definition, refusals);
  if (is_set(definition, "distribution")) {
    refusals.add("distributed_training of type " + text_member(definition.at("distribution"), "distributionType"), "distribution");
  }
  check_resources(definition, refusals);
  if (is_set(definition, "identity")) {
    auto const type = text_member(definition.at("identity"), "identityType");
    if (!base::equal_ignoring_case(type, "AMLToken")) refusals.add("The identity " + type, "identity");
  }
  if (is_set(definition, "services")) refusals.add("Interactive services", "services");
  if (is_set(definition, "componentId")) refusals.add("A component", "componentId");
  if (is_set(definition, "notificationSetting")) refusals.add("Notifications", "notificationSetting");
  if (is_set(definition, "secretsConfiguration")) refusals.add("secret_environment_variables", "secretsConfiguration");
  if (is_set(definition, "autologgerSettings")) refusals.add("Automatic logging", "autologgerSettings");
  if (auto const gpus = wanted_resources(job).gpus; gpus > capacity.gpus.size()) {
    refusals.add("use_gpu", std::string("properties.") + (job.properties.contains(runner::kGpus) ? runner::kGpus : runner::kUseGpu),
                 "asks for " + std::to_string(gpus) + (gpus == 1 ? " GPU" : " GPUs") + ", and this engine has " + std::to_string(capacity.gpus.size()) +
                     ": name its GPUs in its configuration ('gpus'), or ask for less");
  }
  check_environment(find_environment(store, text_member(definition, "environmentId")), !capacity.gpus.empty(), refusals);
  refusals.finish();
}

}  // namespace azureml::engine::routes
