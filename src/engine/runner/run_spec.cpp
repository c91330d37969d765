#include "engine/runner/run_spec.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

namespace azureml::engine::runner {
namespace {

using nlohmann::json;
constexpr int kSpecVersion = 2;  // 1 had no data

template <class T>
T member(json const& object, char const* name) {
  auto const found = object.find(name);
  if (found == object.end()) throw std::runtime_error(std::string("the run's specification lacks '") + name + "'");
  try {
    return found->get<T>();
  } catch (json::exception const&) {
    throw std::runtime_error(std::string("'") + name + "' in the run's specification is of the wrong kind");
  }
}

void take_data(json const& data, RunSpec& spec) {
  for (auto const& input : member<json>(data, "inputs")) spec.data_inputs.push_back(data_input_from(input));
  for (auto const& output : member<json>(data, "outputs")) spec.data_outputs.push_back(data_output_from(output));
  spec.mounts = member<std::string>(data, "mounts");
}

json data_of(RunSpec const& spec) {
  json data{{"inputs", json::array()}, {"outputs", json::array()}, {"mounts", spec.mounts}};
  for (auto const& input : spec.data_inputs) data["inputs"].push_back(to_json(input));
  for (auto const& output : spec.data_outputs) data["outputs"].push_back(to_json(output));
  return data;
}

}  // namespace

std::string to_json_text(RunSpec const& spec) {
  json object{{"v", kSpecVersion},
              {"run_id", spec.run_id},
              {"attempt_id", spec.attempt_id},
              {"command", spec.command},
              {"code_directory", spec.code_directory},
              {"conda_file", spec.conda_file},
              {"has_conda_file", spec.has_conda_file},
              {"context_variables", spec.context_variables},
              {"job_variables", spec.job_variables},
              {"inputs", spec.inputs},
              {"data", data_of(spec)},
              {"cancel_grace_ms", spec.cancel_grace.count()},
              {"keep_working_directory", spec.keep_working_directory},
              {"python", spec.python},
              {"environments", spec.environments},
              {"cpu_share", spec.cpu_share},
              {"warnings", spec.warnings}};
  if (spec.gpus) object["gpus"] = *spec.gpus;
  if (spec.memory > 0) object["memory"] = spec.memory;
  if (spec.alone) object["alone"] = true;
  if (spec.timeout) object["timeout_s"] = spec.timeout->count();
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

RunSpec run_spec_from_json(std::string const& text) {
  auto const object = json::parse(text, nullptr, false);
  if (!object.is_object()) throw std::runtime_error("the run's specification is not a JSON object");
  auto const version = member<int>(object, "v");
  if (version < 1 || version > kSpecVersion)
    throw std::runtime_error("the run's specification is of version " + std::to_string(version) + "; this program reads version " +
                             std::to_string(kSpecVersion) + " and older ones");
  RunSpec spec;
  spec.run_id = member<std::string>(object, "run_id");
  spec.attempt_id = member<std::string>(object, "attempt_id");
  spec.command = member<std::string>(object, "command");
  spec.code_directory = member<std::string>(object, "code_directory");
  spec.conda_file = member<std::string>(object, "conda_file");
  spec.has_conda_file = member<bool>(object, "has_conda_file");
  spec.context_variables = member<std::map<std::string, std::string>>(object, "context_variables");
  spec.job_variables = member<std::map<std::string, std::string>>(object, "job_variables");
  spec.inputs = member<std::map<std::string, std::string>>(object, "inputs");
  if (version > 1) take_data(member<json>(object, "data"), spec);
  if (object.contains("timeout_s")) spec.timeout = std::chrono::seconds(member<std::int64_t>(object, "timeout_s"));
  if (object.contains("gpus")) spec.gpus = member<std::vector<std::string>>(object, "gpus");
  if (object.contains("memory")) spec.memory = member<std::uint64_t>(object, "memory");
  if (object.contains("alone")) spec.alone = member<bool>(object, "alone");
  spec.cancel_grace = std::chrono::milliseconds(member<std::int64_t>(object, "cancel_grace_ms"));
  spec.keep_working_directory = member<bool>(object, "keep_working_directory");
  spec.python = member<std::string>(object, "python");
  spec.environments = member<std::string>(object, "environments");
  spec.cpu_share = member<unsigned>(object, "cpu_share");
  spec.warnings = member<std::vector<std::string>>(object, "warnings");
  if (spec.run_id.empty() || spec.run_id.find('/') != std::string::npos)
    throw std::runtime_error("the run id in the run's specification is not a name");
  return spec;
}

void replace_small_file(std::filesystem::path const& path, std::string const& text) {
  auto const temporary = path.string() + ".new";
  {
    auto const fd = base::open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    base::write_all(fd.get(), text, temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot put '" + path.string() + "' in place");
}

void write_run_spec(std::filesystem::path const& path, RunSpec const& spec) { replace_small_file(path, to_json_text(spec)); }

RunSpec read_run_spec(std::filesystem::path const& path) { return run_spec_from_json(base::read_small_file(path)); }

}  // namespace azureml::engine::runner
