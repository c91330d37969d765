#include "core/estimator_json.hpp"
#include "core/json_reader.hpp"
#include "core/make_error.hpp"

#include <azureml/estimator.hpp>

#include <limits>
#include <string_view>

namespace azureml {
namespace core {
namespace {

using Json = JsonReader::Json;

// Deeper lists than `to_json` ever gets from a sensible program; reading them must not exhaust the stack.
constexpr int kDepthMax = 16;

void read_mode(JsonReader& reader, DataMode& mode) {
  std::string word;
  reader.read("mode", word);
  if (word == "download")
    mode = DataMode::download;
  else if (word == "upload")
    mode = DataMode::upload;
  else if (!word.empty() && word != "mount")
    reader.complain("mode", "\"mount\", \"download\" or \"upload\"");
}

DataReference read_reference(Json const& json, std::string const& path, Faults& faults) {
  JsonReader reader(json, path, faults);
  DataReference data;
  reader.read("datastore", data.datastore);
  reader.read("path_on_datastore", data.path_on_datastore);
  read_mode(reader, data.mode);
  reader.read("path_on_compute", data.path_on_compute);
  reader.read("name", data.name);
  reader.read("overwrite", data.overwrite);
  reader.finish();
  return data;
}

ScriptValue read_special(Json const& json, std::string const& path, Faults& faults) {
  JsonReader reader(json, path, faults);
  if (auto const* data = reader.find(member::kReference)) {
    reader.finish();
    return read_reference(*data, path, faults);
  }
  std::string word;
  reader.read(member::kNumber, word);
  reader.finish();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "-inf") return -std::numeric_limits<double>::infinity();
  faults.add(path, "is an object that stands for no value",
             R"(write {"data_reference": {…}}, or {"number": "nan"}, "inf" or "-inf")");
  return {};
}

ScriptValue read_value(Json const& json, std::string const& path, int depth, Faults& faults) {
  if (json.is_null()) return flag;
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object()) return read_special(json, path, faults);
  std::vector<ScriptValue> list;
  if (depth == kDepthMax) {
    faults.add(path, "is a list too many levels deep", "write one list");
    return list;
  }
  for (auto const& element : json)
    list.push_back(read_value(element, path + "[" + std::to_string(list.size()) + "]", depth + 1, faults));
  return list;
}

ScriptParams read_params(Json const& array, Faults& faults) {
  ScriptParams params;
  for (std::size_t index = 0; index < array.size(); ++index) {
    auto const& item = array[index];
    auto const path = "script_params[" + std::to_string(index) + "]";
    bool const appended = item.is_array() && item.size() == 3 && item[2] == member::kAppended;
    if (!item.is_array() || (item.size() != 2 && !appended) || !item[0].is_string()) {
      faults.add(path, "is not a pair of key and value", R"(write ["--key", value])");
      continue;
    }
    auto value = read_value(item[1], path, 0, faults);
    if (appended)
      params.append(item[0].get<std::string>(), std::move(value));
    else
      params.add(item[0].get<std::string>(), std::move(value));
  }
  return params;
}

Distribution read_distribution(Json const& json, Faults& faults) {
  JsonReader reader(json, "distributed_training", faults);
  std::string type;
  reader.read("type", type);
  Distribution result;
  if (type == "mpi") {
    Mpi mpi;
    reader.read("process_count_per_node", mpi.process_count_per_node);
    if (reader.find("node_count")) reader.read("node_count", mpi.node_count.emplace());
    result = mpi;
  } else if (type == "parameter_server") {
    ParameterServer servers;
    reader.read("worker_count", servers.worker_count);
    reader.read("parameter_server_count", servers.parameter_server_count);
    result = servers;
  } else if (type == "gloo") {
    Gloo gloo;
    reader.read("process_count_per_node", gloo.process_count_per_node);
    result = gloo;
  } else if (type == "nccl") {
    Nccl nccl;
    reader.read("process_count_per_node", nccl.process_count_per_node);
    result = nccl;
  } else if (type == "parallel_task") {
    ParallelTask task;
    reader.read("max_retries_per_worker", task.max_retries_per_worker);
    reader.read("worker_count_per_node", task.worker_count_per_node);
    reader.read("terminal_exit_codes", task.terminal_exit_codes);
    result = task;
  } else {
    reader.complain("type", "\"mpi\", \"parameter_server\", \"gloo\", \"nccl\" or \"parallel_task\"");
    return result;
  }
  reader.finish();
  return result;
}

Secret read_secret(Json const& json, std::string const& path, Faults& faults) {
  auto const source = json.is_string() ? json.get<std::string>() : std::string{};
  if (source.starts_with("env:")) return Secret::from_env(source.substr(4));
  if (source.starts_with("file:")) return Secret::from_file(source.substr(5));
  // The text itself may be a password that somebody wrote here, so it is not repeated.
  if (!json.is_string() || !source.empty())
    faults.add(path, "is not the source of a secret", "write \"env:NAME\" or \"file:PATH\"");
  return {};
}

ContainerRegistry read_registry(Json const& json, std::string const& path, Faults& faults) {
  JsonReader reader(json, path, faults);
  ContainerRegistry registry;
  reader.read("address", registry.address);
  reader.read("username", registry.username);
  if (auto const* password = reader.find("password"))
    registry.password = read_secret(*password, path + ".password", faults);
  reader.read("registry_identity", registry.registry_identity);
  reader.finish();
  return registry;
}

Environment read_environment(Json const& json, Faults& faults) {
  std::string const path = "environment_definition";
  JsonReader reader(json, path, faults);
  Environment environment;
  reader.read("name", environment.name);
  reader.read("version", environment.version);
  if (auto const* docker = reader.find_object("docker")) {
    JsonReader section(*docker, path + ".docker", faults);
    section.read("base_image", environment.docker.base_image);
    section.read("build_context", environment.docker.build_context);
    if (auto const* registry = section.find("registry"))
      environment.docker.registry = read_registry(*registry, path + ".docker.registry", faults);
    section.read("shm_size", environment.docker.shm_size);
    section.read("gpu_support", environment.docker.gpu_support);
    section.finish();
  }
  if (auto const* conda = reader.find_object("conda_dependencies")) {
    JsonReader section(*conda, path + ".conda_dependencies", faults);
    section.read("channels", environment.conda_dependencies.channels);
    section.read("conda_packages", environment.conda_dependencies.conda_packages);
    section.read("pip_packages", environment.conda_dependencies.pip_packages);
    section.read("python_version", environment.conda_dependencies.python_version);
    section.read("variables", environment.conda_dependencies.variables);
    section.finish();
  }
  reader.read("user_managed_dependencies", environment.user_managed_dependencies);
  reader.read("environment_variables", environment.environment_variables);
  reader.finish();
  return environment;
}

Input read_input(Json const& json, std::string const& path, Faults& faults) {
  JsonReader reader(json, path, faults);
  Input input("", "");
  if (auto const* data = reader.find(member::kReference)) input.reference = read_reference(*data, path, faults);
  reader.read("name", input.name);
  reader.read("address", input.address);
  read_mode(reader, input.mode);
  reader.read("type", input.type);
  reader.finish();
  return input;
}

Output read_output(Json const& json, std::string const& path, Faults& faults) {
  JsonReader reader(json, path, faults);
  Output output;
  reader.read("address", output.address);
  read_mode(reader, output.mode);
  reader.read("asset_name", output.asset_name);
  reader.finish();
  return output;
}

/// The members that hold values of their own kinds.
void read_structures(JsonReader& reader, Estimator& e, Faults& faults) {
  if (auto const* params = reader.find_array("script_params")) e.script_params = read_params(*params, faults);
  if (auto const* distribution = reader.find_object("distributed_training"))
    e.distributed_training = read_distribution(*distribution, faults);
  if (auto const* registry = reader.find("image_registry_details"))
    e.image_registry_details = read_registry(*registry, "image_registry_details", faults);
  if (auto const* secrets = reader.find_object("secret_environment_variables")) {
    for (auto const& [name, source] : secrets->items()) {
      e.secret_environment_variables[name] =
          read_secret(source, "secret_environment_variables[\"" + name + "\"]", faults);
    }
  }
  if (auto const* environment = reader.find("environment_definition"))
    e.environment_definition = read_environment(*environment, faults);
  if (auto const* inputs = reader.find_array("inputs")) {
    for (auto const& input : *inputs)
      e.inputs.push_back(read_input(input, "inputs[" + std::to_string(e.inputs.size()) + "]", faults));
  }
  if (auto const* outputs = reader.find_object("outputs")) {
    for (auto const& [name, output] : outputs->items())
      e.outputs[name] = read_output(output, "outputs[\"" + name + "\"]", faults);
  }
  if (auto const* model = reader.find("resume_from")) e.resume_from = read_reference(*model, "resume_from", faults);
  if (auto const* duration = reader.find("max_run_duration")) {
    if (auto const seconds = whole_number(*duration))
      e.max_run_duration = std::chrono::seconds(*seconds);
    else
      reader.complain("max_run_duration", "a whole number of seconds");
  }
}

Estimator read_estimator(Json const& json, Faults& faults) {
  JsonReader reader(json, "", faults);
  Estimator e;
  std::string compute_target;
  reader.read("source_directory", e.source_directory);
  reader.read("compute_target", compute_target);
  e.compute_target = compute_target;
  reader.read("vm_size", e.vm_size);
  reader.read("vm_priority", e.vm_priority);
  reader.read("entry_script", e.entry_script);
  reader.read("node_count", e.node_count);
  reader.read("process_count_per_node", e.process_count_per_node);
  reader.read("distributed_backend", e.distributed_backend);
  reader.read("use_gpu", e.use_gpu);
  if (reader.find("use_docker")) reader.read("use_docker", e.use_docker.emplace());
  reader.read("conda_packages", e.conda_packages);
  reader.read("pip_packages", e.pip_packages);
  reader.read("conda_dependencies_file", e.conda_dependencies_file);
  reader.read("pip_requirements_file", e.pip_requirements_file);
  reader.read("conda_dependencies_file_path", e.conda_dependencies_file_path);
  reader.read("pip_requirements_file_path", e.pip_requirements_file_path);
  reader.read("custom_docker_base_image", e.custom_docker_base_image);
  reader.read("custom_docker_image", e.custom_docker_image);
  reader.read("user_managed", e.user_managed);
  reader.read("environment_variables", e.environment_variables);
  reader.read("source_directory_data_store", e.source_directory_data_store);
  reader.read("shm_size", e.shm_size);
  read_structures(reader, e, faults);
  reader.finish();
  return e;
}

}  // namespace
}  // namespace core

Estimator estimator_from_json(std::string_view text) {
  core::Faults faults;
  Estimator estimator;
  try {
    estimator = core::read_estimator(nlohmann::ordered_json::parse(text), faults);
  } catch (nlohmann::json::parse_error const& failure) {
    faults.add("", "the text is not JSON: at byte " + std::to_string(failure.byte), "mend it there");
  }
  if (!faults.empty()) throw core::validation_error("cannot read an estimator from JSON", faults.take());
  return estimator;
}

}  // namespace azureml
