#include "engine/runner/script_environment.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace azureml::engine::runner {
namespace {

constexpr std::array<std::string_view, 32> kInherited{
    "PATH",          "HOME",           "USER",               "LOGNAME",         "SHELL",        "LANG",          "LANGUAGE",
    "TZ",            "TMPDIR",         "TERM",               "LD_LIBRARY_PATH", "http_proxy",   "https_proxy",   "ftp_proxy",
    "all_proxy",     "no_proxy",       "HTTP_PROXY",         "HTTPS_PROXY",     "FTP_PROXY",    "ALL_PROXY",     "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR",   "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",  "CUDA_HOME",    "CUDA_PATH",     "PYENV_ROOT",
    "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME",    "XDG_RUNTIME_DIR"};

bool is_inherited(std::string_view name) {
  if (name.starts_with("LC_") || name.starts_with("NVIDIA_") || name.starts_with("CUDA_VISIBLE_")) return true;
  return std::find(kInherited.begin(), kInherited.end(), name) != kInherited.end();
}

/// A list of hosts that holds the loopback names, without naming one twice.
std::string with_loopback(std::string list) {
  for (std::string_view const host : {"127.0.0.1", "localhost"}) {
    auto const padded = "," + list + ",";
    if (padded.find("," + std::string(host) + ",") != std::string::npos) continue;
    if (!list.empty()) list += ',';
    list += host;
  }
  return list;
}

std::string visible_devices(std::vector<std::string> const& gpus) {
  std::string text;
  for (auto const& gpu : gpus) text += (text.empty() ? "" : ",") + gpu;
  return text;
}

}  // namespace

std::vector<std::string> script_environment(RunSpec const& spec, std::vector<std::string> const& host,
                                            std::filesystem::path const& environment_bin, std::filesystem::path const& work,
                                            std::map<std::string, std::string> const& data) {
  std::map<std::string, std::string> variables;
  for (auto const& entry : host) {
    auto const end = entry.find('=');
    if (end != std::string::npos && is_inherited(std::string_view(entry).substr(0, end))) variables[entry.substr(0, end)] = entry.substr(end + 1);
  }
  auto& path = variables["PATH"];
  if (path.empty()) path = "/usr/local/bin:/usr/bin:/bin";
  if (!environment_bin.empty()) path = environment_bin.string() + ":" + path;
  variables["AZUREML_OUTPUT_DIRECTORY"] = "./outputs";
  variables["AZUREML_CR_EXECUTION_WORKING_DIR_PATH"] = work.string();
  variables["OMP_NUM_THREADS"] = std::to_string(std::max(1U, spec.cpu_share));
  variables["PYTHONUNBUFFERED"] = "1";  // a log that is followed must not wait for a full buffer
  for (auto const& [name, value] : spec.context_variables) variables[name] = value;
  for (auto const& [name, value] : data) variables[name] = value;
  if (spec.gpus) variables["CUDA_VISIBLE_DEVICES"] = visible_devices(*spec.gpus);  // empty: none
  variables["AZUREML_RUN_ID"] = spec.run_id;
  for (auto const& [name, value] : spec.job_variables) variables[name] = value;
  // How a run's processes are found again; a job cannot leave its own run.
  variables["AZUREML_RUN_ID"] = spec.run_id;
  auto const hosts = variables.contains("NO_PROXY") ? variables["NO_PROXY"] : variables["no_proxy"];
  variables["NO_PROXY"] = with_loopback(hosts);
  variables["no_proxy"] = with_loopback(variables.contains("no_proxy") && !variables["no_proxy"].empty() ? variables["no_proxy"] : hosts);
  variables.erase("AZUREML_CURRENT_CLOUD");
  std::vector<std::string> result;
  result.reserve(variables.size());
  for (auto const& [name, value] : variables)
    if (!name.empty() && name.find('=') == std::string::npos && name.find('\0') == std::string::npos && value.find('\0') == std::string::npos)
      result.push_back(name + "=" + value);
  return result;
}

std::vector<std::string> supervisor_environment(std::vector<std::string> const& host) {
  std::vector<std::string> result;
  for (auto const& entry : host)
    if (!entry.starts_with("AZUREML_")) result.push_back(entry);
  return result;
}

}  // namespace azureml::engine::runner
