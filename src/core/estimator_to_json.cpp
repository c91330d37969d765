#include "core/estimator_json.hpp"
#include "core/faults.hpp"
#include "core/make_error.hpp"
#include "core/names.hpp"
#include "core/spelling.hpp"

#include <azureml/estimator.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <variant>

namespace azureml {
namespace core {
namespace {

using Json = nlohmann::ordered_json;

class Writer {
 public:
  Json write(Estimator const& e);
  Faults faults;

 private:
  /// Members at their default are left out; `path` is where the object stands, for faults.
  void put(Json& object, std::string const& path, char const* name, std::string const& text) {
    if (text.empty()) return;
    if (!is_plain_text(text))
      faults.add(path + name, "is not a text in UTF-8 without NUL bytes, which JSON cannot hold", "change it");
    else
      object[name] = text;
  }
  void put(Json& object, std::string const& path, char const* name, std::filesystem::path const& value) {
    put(object, path, name, value.string());
  }
  void put(Json& object, std::string const& path, char const* name, std::vector<std::string> const& list) {
    if (list.empty()) return;
    object[name] = Json::array();
    for (std::size_t index = 0; index < list.size(); ++index) {
      if (is_plain_text(list[index]))
        object[name].push_back(list[index]);
      else
        faults.add(path + name + "[" + std::to_string(index) + "]",
                   "is not a text in UTF-8 without NUL bytes, which JSON cannot hold", "change it");
    }
  }
  void put(Json& object, std::string const& path, char const* name, std::map<std::string, std::string> const& map) {
    if (map.empty()) return;
    object[name] = Json::object();
    for (auto const& [key, value] : map) {
      if (is_plain_text(key) && is_plain_text(value))
        object[name][key] = value;
      else
        faults.add(path + name, "an entry is not a text in UTF-8 without NUL bytes, which JSON cannot hold",
                   "change it");
    }
  }
  template <class T>
  static void put_unless(Json& object, char const* name, T value, T standard) {
    if (value != standard) object[name] = value;
  }
  void put_secret(Json& object, std::string const& path, std::string const& name, Secret const& secret) {
    if (!secret.empty() && secret.source().empty()) {
      faults.add(path, "is a literal, which has no written form", "use Secret::from_env or Secret::from_file");
    } else {
      object[name] = secret.source();
    }
  }
  Json reference(DataReference const& data, std::string const& path);
  Json value(ScriptValue const& script_value, std::string const& path);
  Json params(ScriptParams const& params);
  Json registry(ContainerRegistry const& registry, std::string const& path);
  Json environment(Environment const& environment);
  Json input(Input const& input, std::string const& path);
  Json output(Output const& output, std::string const& path);
};

char const* word(DataMode mode) {
  return mode == DataMode::mount ? "mount" : mode == DataMode::download ? "download" : "upload";
}

Json Writer::reference(DataReference const& data, std::string const& path) {
  auto object = Json::object();
  put(object, path + ".", "datastore", data.datastore);
  put(object, path + ".", "path_on_datastore", data.path_on_datastore);
  if (data.mode != DataMode::mount) object["mode"] = word(data.mode);
  put(object, path + ".", "path_on_compute", data.path_on_compute);
  put(object, path + ".", "name", data.name);
  put_unless(object, "overwrite", data.overwrite, false);
  return object;
}

Json Writer::value(ScriptValue const& script_value, std::string const& path) {
  auto const& content = script_value.get();
  if (auto const* truth = std::get_if<bool>(&content)) return *truth;
  if (auto const* number = std::get_if<std::int64_t>(&content)) return *number;
  if (auto const* number = std::get_if<double>(&content)) {
    if (std::isfinite(*number)) return *number;
    auto object = Json::object();
    object[member::kNumber] = spell(*number);
    return object;
  }
  if (auto const* text = std::get_if<std::string>(&content)) {
    if (is_plain_text(*text)) return *text;
    faults.add(path, "is not a text in UTF-8 without NUL bytes, which JSON cannot hold", "change it");
  }
  if (auto const* data = std::get_if<DataReference>(&content)) {
    auto object = Json::object();
    object[member::kReference] = reference(*data, path);
    return object;
  }
  if (auto const* list = std::get_if<ScriptValue::List>(&content)) {
    auto array = Json::array();
    for (std::size_t index = 0; index < list->size(); ++index)
      array.push_back(value((*list)[index], path + "[" + std::to_string(index) + "]"));
    return array;
  }
  return nullptr;  // a flag
}

Json Writer::params(ScriptParams const& params) {
  auto array = Json::array();
  for (std::size_t index = 0; index < params.items().size(); ++index) {
    auto const& item = params.items()[index];
    auto const path = "script_params[" + std::to_string(index) + "]";
    auto pair = Json::array();
    if (!is_plain_text(item.name.text))
      faults.add(path, "the key is not a text in UTF-8 without NUL bytes, which JSON cannot hold", "change it");
    else
      pair.push_back(item.name.text);
    pair.push_back(value(item.value, path));
    if (params.was_appended(index)) pair.push_back(member::kAppended);
    array.push_back(std::move(pair));
  }
  return array;
}

Json distribution(Distribution const& given) {
  auto object = Json::object();
  if (auto const* mpi = std::get_if<Mpi>(&given)) {
    object = {{"type", "mpi"}, {"process_count_per_node", mpi->process_count_per_node}};
    if (mpi->node_count) object["node_count"] = *mpi->node_count;
  } else if (auto const* servers = std::get_if<ParameterServer>(&given)) {
    object = {{"type", "parameter_server"},
              {"worker_count", servers->worker_count},
              {"parameter_server_count", servers->parameter_server_count}};
  } else if (auto const* gloo = std::get_if<Gloo>(&given)) {
    object = {{"type", "gloo"}, {"process_count_per_node", gloo->process_count_per_node}};
  } else if (auto const* nccl = std::get_if<Nccl>(&given)) {
    object = {{"type", "nccl"}, {"process_count_per_node", nccl->process_count_per_node}};
  } else if (auto const* task = std::get_if<ParallelTask>(&given)) {
    object = {{"type", "parallel_task"},
              {"max_retries_per_worker", task->max_retries_per_worker},
              {"worker_count_per_node", task->worker_count_per_node},
              {"terminal_exit_codes", task->terminal_exit_codes}};
  }
  return object;
}

Json Writer::registry(ContainerRegistry const& registry, std::string const& path) {
  auto object = Json::object();
  put(object, path + ".", "address", registry.address);
  put(object, path + ".", "username", registry.username);
  if (!registry.password.empty()) put_secret(object, path + ".password", "password", registry.password);
  put(object, path + ".", "registry_identity", registry.registry_identity);
  return object;
}

Json Writer::environment(Environment const& environment) {
  std::string const path = "environment_definition.";
  auto object = Json::object();
  put(object, path, "name", environment.name);
  put(object, path, "version", environment.version);
  auto docker = Json::object();
  put(docker, path + "docker.", "base_image", environment.docker.base_image);
  put(docker, path + "docker.", "build_context", environment.docker.build_context);
  if (environment.docker.registry)
    docker["registry"] = registry(*environment.docker.registry, path + "docker.registry");
  put(docker, path + "docker.", "shm_size", environment.docker.shm_size);
  put_unless(docker, "gpu_support", environment.docker.gpu_support, false);
  if (!docker.empty()) object["docker"] = std::move(docker);
  auto conda = Json::object();
  auto const& given = environment.conda_dependencies;
  put(conda, path + "conda_dependencies.", "channels", given.channels);
  put(conda, path + "conda_dependencies.", "conda_packages", given.conda_packages);
  put(conda, path + "conda_dependencies.", "pip_packages", given.pip_packages);
  put(conda, path + "conda_dependencies.", "python_version", given.python_version);
  put(conda, path + "conda_dependencies.", "variables", given.variables);
  if (!conda.empty()) object["conda_dependencies"] = std::move(conda);
  put_unless(object, "user_managed_dependencies", environment.user_managed_dependencies, false);
  put(object, path, "environment_variables", environment.environment_variables);
  return object;
}

Json Writer::input(Input const& input, std::string const& path) {
  auto object = Json::object();
  if (input.reference) object[member::kReference] = reference(*input.reference, path);
  put(object, path + ".", "name", input.name);
  put(object, path + ".", "address", input.address);
  if (input.mode != DataMode::mount) object["mode"] = word(input.mode);
  if (input.type != "uri_folder") put(object, path + ".", "type", input.type);
  return object;
}

Json Writer::output(Output const& output, std::string const& path) {
  auto object = Json::object();
  put(object, path, "address", output.address);
  if (output.mode != DataMode::mount) object["mode"] = word(output.mode);
  put(object, path, "asset_name", output.asset_name);
  return object;
}

Json Writer::write(Estimator const& e) {
  auto object = Json::object();
  put(object, "", "source_directory", e.source_directory);
  if (!e.script_params.items().empty()) object["script_params"] = params(e.script_params);
  put(object, "", "compute_target", e.compute_target.str());
  put(object, "", "vm_size", e.vm_size);
  put(object, "", "vm_priority", e.vm_priority);
  put(object, "", "entry_script", e.entry_script);
  put_unless(object, "node_count", e.node_count, 1);
  put_unless(object, "process_count_per_node", e.process_count_per_node, 1);
  put(object, "", "distributed_backend", e.distributed_backend);
  if (!std::holds_alternative<std::monostate>(e.distributed_training))
    object["distributed_training"] = distribution(e.distributed_training);
  put_unless(object, "use_gpu", e.use_gpu, false);
  if (e.use_docker) object["use_docker"] = *e.use_docker;
  put(object, "", "conda_packages", e.conda_packages);
  put(object, "", "pip_packages", e.pip_packages);
  put(object, "", "conda_dependencies_file", e.conda_dependencies_file);
  put(object, "", "pip_requirements_file", e.pip_requirements_file);
  put(object, "", "conda_dependencies_file_path", e.conda_dependencies_file_path);
  put(object, "", "pip_requirements_file_path", e.pip_requirements_file_path);
  put(object, "", "custom_docker_base_image", e.custom_docker_base_image);
  put(object, "", "custom_docker_image", e.custom_docker_image);
  if (e.image_registry_details)
    object["image_registry_details"] = registry(*e.image_registry_details, "image_registry_details");
  put_unless(object, "user_managed", e.user_managed, false);
  put(object, "", "environment_variables", e.environment_variables);
  for (auto const& [name, secret] : e.secret_environment_variables) {
    put_secret(object["secret_environment_variables"], "secret_environment_variables[\"" + name + "\"]", name, secret);
  }
  if (e.environment_definition) object["environment_definition"] = environment(*e.environment_definition);
  for (std::size_t index = 0; index < e.inputs.size(); ++index) {
    object["inputs"].push_back(input(e.inputs[index], "inputs[" + std::to_string(index) + "]"));
  }
  for (auto const& [name, given] : e.outputs) object["outputs"][name] = output(given, "outputs[\"" + name + "\"].");
  put(object, "", "source_directory_data_store", e.source_directory_data_store);
  put(object, "", "shm_size", e.shm_size);
  if (e.resume_from) object["resume_from"] = reference(*e.resume_from, "resume_from");
  if (e.max_run_duration) object["max_run_duration"] = e.max_run_duration->count();
  return object;
}

}  // namespace
}  // namespace core

std::string to_json(Estimator const& estimator, int indent) {
  core::Writer writer;
  auto const json = writer.write(estimator);
  if (!writer.faults.empty()) throw core::validation_error("cannot write the estimator as JSON", writer.faults.take());
  // Every text was checked, but for the keys of maps, so nothing is replaced that matters.
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace azureml
