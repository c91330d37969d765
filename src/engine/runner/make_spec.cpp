#include "engine/runner/make_spec.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"
#include "engine/runner/run_failure.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

namespace azureml::engine::runner {
namespace {

using nlohmann::json;

[[noreturn]] void fail(std::string code, std::string message) {
  throw RunFailure({.code = std::move(code), .message = std::move(message), .phase = "preparing"});
}

std::string text_of(json const& object, char const* name) {
  auto const found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

json const* object_of(json const& object, char const* name) {
  auto const found = object.find(name);
  return found != object.end() && found->is_object() ? &*found : nullptr;
}

std::int64_t number_of(json const* object, char const* name, std::int64_t otherwise) {
  if (object == nullptr) return otherwise;
  auto const found = object->find(name);
  return found != object->end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

/// The image of jobs that name none. What it brings besides python is not missed, so there is nothing to warn of.
bool is_default_image(std::string_view image) {
  constexpr std::string_view kDefault = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04";
  return image.starts_with(kDefault) && (image.size() == kDefault.size() || image[kDefault.size()] == ':' || image[kDefault.size()] == '@');
}

void take_environment(store::Store& store, std::string const& id, RunSpec& spec) {
  auto const asset = parse_asset(id, "environments");
  if (asset.name.empty())
    fail("EnvironmentNotFound", "The job's environment '" + id + "' is not an environment of this workspace; register it here, with a conda specification.");
  std::optional<store::EnvironmentRecord> environment;
  if (asset.version.empty()) {
    auto versions = store.list_environment_versions(asset.name);
    if (!versions.empty()) environment = std::move(versions.front());
  } else {
    environment = store.find_environment(asset.name, asset.version);
  }
  if (!environment)
    fail("EnvironmentNotFound", "The job's environment '" + asset.name + "', version '" + (asset.version.empty() ? "latest" : asset.version) +
                                    "', does not exist in this workspace; register it before the job.");
  spec.conda_file = environment->conda_file;
  spec.has_conda_file = !environment->conda_file.empty();
  if (!environment->image.empty() && !is_default_image(environment->image))
    spec.warnings.push_back("the image '" + environment->image + "' is not used: the run takes place on this machine, in " +
                            (spec.has_conda_file ? "an environment made from the conda specification" : "the configured python's own environment"));
}

void take_inputs(json const& inputs, DataResolver& resolver, RunSpec& spec) {
  for (auto const& [name, input] : inputs.items()) {
    if (!input.is_object()) continue;
    if (base::equal_ignoring_case(text_of(input, "jobInputType"), "literal")) {
      spec.inputs[name] = text_of(input, "value");
    } else {
      spec.data_inputs.push_back(resolver.input(name, input));
    }
  }
}

/// `default` is the run's own folder, which the service adds to what it returns.
void take_outputs(json const& outputs, DataResolver& resolver, RunSpec& spec) {
  for (auto const& [name, output] : outputs.items())
    if (output.is_object() && name != "default") spec.data_outputs.push_back(resolver.output(name, output, spec.run_id));
}

void refuse_many_processes(json const& definition) {
  auto const* resources = object_of(definition, "resources");
  auto const* distribution = object_of(definition, "distribution");
  auto const instances = number_of(resources, "instanceCount", 1);
  auto processes = number_of(distribution, "processCountPerInstance", 1);
  processes += number_of(distribution, "workerCount", 1) - 1 + number_of(distribution, "parameterServerCount", 0);
  if (instances > 1 || processes > 1)
    fail("NotSupported", "The job asks for " + std::to_string(instances) + " instances with " + std::to_string(processes) +
                             " processes each; this engine runs one process for each job. Ask for one of each.");
}

}  // namespace

AssetName parse_asset(std::string const& id, std::string const& kind) {
  if (id.starts_with("azureml:") && !id.starts_with("azureml://")) {
    auto const rest = id.substr(8);
    if (rest.starts_with("/")) return parse_asset(rest, kind);
    if (auto const label = rest.find('@'); label != std::string::npos)
      return rest.substr(label) == "@latest" ? AssetName{rest.substr(0, label), {}} : AssetName{};
    auto const colon = rest.rfind(':');
    if (colon == std::string::npos) return {};
    return {rest.substr(0, colon), rest.substr(colon + 1)};
  }
  auto const marker = "/" + kind + "/";
  auto const lower = base::to_lower_ascii(id);
  auto const at = lower.rfind(marker);
  if (at == std::string::npos || lower.find("/registries/") != std::string::npos) return {};
  auto const begin = at + marker.size();
  auto const end = id.find('/', begin);
  if (end == std::string::npos) return {};
  AssetName asset{id.substr(begin, end - begin), {}};
  auto const rest = lower.substr(end);
  if (rest == "/labels/latest") return asset;
  if (!rest.starts_with("/versions/")) return {};
  asset.version = id.substr(end + 10);
  return asset.version.empty() ? AssetName{} : asset;
}

std::filesystem::path blob_folder(std::filesystem::path const& blobs, std::string const& code_uri, std::string const& account) {
  auto const place = own_blob_address(code_uri, account);
  if (!place)
    fail("SnapshotUnavailable", "The run's code lies at '" + code_uri.substr(0, code_uri.find_first_of("?#")) +
                                    "', which is no address of this engine's storage, or holds a name that is not allowed.");
  return place->path.empty() ? blobs / place->container : blobs / place->container / place->path;
}

RunSpec make_spec(store::Store& store, store::Home const& home, store::JobRecord const& job, DataPlaces const& places) {
  auto const definition = json::parse(job.definition, nullptr, false);
  if (!definition.is_object()) fail("InternalError", "The stored definition of run '" + job.name + "' cannot be read.");
  RunSpec spec;
  spec.run_id = job.name;
  spec.command = text_of(definition, "command");
  spec.environments = home.environments().string();
  refuse_many_processes(definition);
  if (auto const environment = text_of(definition, "environmentId"); !environment.empty()) take_environment(store, environment, spec);
  if (auto const id = text_of(definition, "codeId"); !id.empty()) {
    auto const asset = parse_asset(id, "codes");
    auto const code = asset.name.empty() ? std::nullopt : store.find_code(asset.name, asset.version);
    if (!code) fail("SnapshotUnavailable", "The run's code '" + id + "' does not exist in this workspace.");
    spec.code_directory = blob_folder(home.blobs(), code->code_uri, places.storage_account).string();
  }
  if (auto const* variables = object_of(definition, "environmentVariables"))
    for (auto const& [name, value] : variables->items())
      if (value.is_string()) spec.job_variables[name] = value.get<std::string>();
  DataResolver resolver(store, home, places);
  if (auto const* inputs = object_of(definition, "inputs")) take_inputs(*inputs, resolver, spec);
  if (auto const* outputs = object_of(definition, "outputs")) take_outputs(*outputs, resolver, spec);
  if (auto const* limits = object_of(definition, "limits"))
    if (auto const timeout = base::from_iso8601_duration(text_of(*limits, "timeout")); timeout && timeout->count() > 0) spec.timeout = *timeout;
  return spec;
}

}  // namespace azureml::engine::runner
