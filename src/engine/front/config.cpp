#include "engine/front/config.hpp"

#include "base/unique_fd.hpp"
#include "engine/runner/resources.hpp"
#include "engine/store/home.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace azureml::engine::front {

using json = nlohmann::json;

namespace {

constexpr std::size_t kConfigMax = 1 << 20;
constexpr std::int64_t kMibMax = std::int64_t{1} << 40;
constexpr std::int64_t kSecondsMax = 100LL * 365 * 86'400;

struct Bad {
  std::string expected;
};

std::int64_t whole_number(json const& value, std::int64_t least, std::int64_t most) {
  if (!value.is_number_integer() || value < least || value > most)
    throw Bad{"a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
  return value.get<std::int64_t>();
}

std::string text(json const& value) {
  if (!value.is_string() || value.get_ref<std::string const&>().empty()) throw Bad{"a text that is not empty"};
  return value.get<std::string>();
}

bool yes_or_no(json const& value) {
  if (!value.is_boolean()) throw Bad{"true or false"};
  return value.get<bool>();
}

double cpu_count(json const& value) {
  if (!value.is_number() || value < 0 || value > 100'000) throw Bad{"a number from 0 to 100000"};
  return value.get<double>();
}

std::vector<std::string> texts(json const& value) {
  if (!value.is_array() || value.size() > 1000) throw Bad{"a list of names"};
  std::vector<std::string> result;
  for (auto const& each : value) result.push_back(text(each));
  return result;
}

/// The names go into CUDA_VISIBLE_DEVICES, where a comma divides them.
std::vector<std::string> gpu_names(std::vector<std::string> names) {
  for (auto at = names.begin(); at != names.end(); ++at)
    if (at->empty() || at->find_first_of(", \t\n") != std::string::npos || std::find(names.begin(), at, *at) != at)
      throw Bad{"a list of different names of GPUs without commas and blanks, such as [\"0\", \"1\"]"};
  return names;
}

std::uint64_t memory_size(json const& value) {
  if (value.is_number_unsigned() && value <= std::uint64_t{1} << 50) return value.get<std::uint64_t>();
  try {
    return runner::memory_from(text(value));
  } catch (std::invalid_argument const& error) {
    throw Bad{error.what()};
  }
}

using Keys = std::map<std::string, std::function<void(json const&)>>;

/// Gives each member to the function of its name. A key nobody knows is an error: a setting that does nothing is worse
/// than none.
void read_members(json const& object, Keys const& keys, std::string const& prefix, std::string const& file) {
  for (auto const& [name, value] : object.items()) {
    auto const key = keys.find(name);
    if (key == keys.end()) {
      std::string known;
      for (auto const& each : keys) known += (known.empty() ? "" : ", ") + each.first;
      throw std::runtime_error("'" + file + "' has the unknown key '" + prefix + name + "'; known are " + known);
    }
    try {
      key->second(value);
    } catch (Bad const& bad) {
      throw std::runtime_error("'" + file + "' has a bad value for '" + prefix + name + "'; it must be " +
                               bad.expected);
    }
  }
}

Keys limit_keys(ServerLimits& limits) {
  using std::chrono::seconds;
  return {{"header_max",
           [&](json const& v) { limits.header_max = static_cast<std::size_t>(whole_number(v, 1024, 16 << 20)); }},
          {"json_body_max",
           [&](json const& v) { limits.json_body_max = static_cast<std::size_t>(whole_number(v, 1024, 1 << 30)); }},
          {"connections_max",
           [&](json const& v) { limits.connections_max = static_cast<std::size_t>(whole_number(v, 1, 100'000)); }},
          {"progress_timeout_seconds",
           [&](json const& v) { limits.progress_timeout = seconds{whole_number(v, 1, 86'400)}; }},
          {"idle_timeout_seconds", [&](json const& v) { limits.idle_timeout = seconds{whole_number(v, 1, 86'400)}; }}};
}

[[noreturn]] void refuse_tls() {
  throw std::runtime_error("this engine has no TLS listener yet; leave tls_port out and use http on 127.0.0.1");
}

void read_file(std::filesystem::path const& path, EngineOptions& options) {
  std::string content;
  try {
    content = base::read_small_file(path, kConfigMax);
  } catch (std::system_error const& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return;
    throw std::runtime_error(std::string{"cannot read the engine's configuration: "} + error.what());
  } catch (std::length_error const& error) {
    throw std::runtime_error(std::string{"cannot read the engine's configuration: "} + error.what());
  }
  auto const file = path.string();
  auto const object = json::parse(content, nullptr, false);
  if (!object.is_object()) throw std::runtime_error("'" + file + "' is not a JSON object; correct it or take it away");
  Keys const keys{
      {"port", [&](json const& v) { options.port = static_cast<std::uint16_t>(whole_number(v, 0, 65'535)); }},
      {"tls_port", [](json const&) { refuse_tls(); }},
      {"token_file", [&](json const& v) { options.token_file = text(v); }},
      {"idle_exit_seconds",
       [&](json const& v) { options.idle_exit = std::chrono::seconds{whole_number(v, 0, kSecondsMax)}; }},
      {"python", [&](json const& v) { options.python = text(v); }},
      {"cpus", [&](json const& v) { options.cpus = cpu_count(v); }},
      {"gpus", [&](json const& v) { options.gpus = gpu_names(texts(v)); }},
      {"memory", [&](json const& v) { options.memory = memory_size(v); }},
      {"keep_working_directory", [&](json const& v) { options.keep_working_directory = yes_or_no(v); }},
      {"free_space_min_mib",
       [&](json const& v) { options.free_space_min = static_cast<std::uint64_t>(whole_number(v, 0, kMibMax)) << 20; }},
      {"allow_hosts", [&](json const& v) { options.allowed_hosts = texts(v); }},
      {"limits", [&](json const& v) {
         if (!v.is_object()) throw Bad{"an object"};
         read_members(v, limit_keys(options.limits), "limits.", file);
       }}};
  read_members(object, keys, "", file);
}

template <class Value, class Take>
void read_flag(char const* flag, std::optional<Value> const& value, Take const& take) {
  try {
    if (value) take(*value);
  } catch (Bad const& bad) {
    throw std::runtime_error(std::string("the option ") + flag + " has a bad value; it must be " + bad.expected);
  }
}

}  // namespace

EngineOptions engine_options(ServeOptions const& given) {
  if (given.tls_port) refuse_tls();
  EngineOptions options{.home = given.home, .program = given.program};
  read_file(store::Home{given.home}.config_json(), options);
  if (given.port) options.port = given.port;
  if (given.token_file) options.token_file = *given.token_file;
  if (given.idle_exit) options.idle_exit = *given.idle_exit;
  if (given.python) options.python = *given.python;
  if (given.cpus) options.cpus = *given.cpus;
  read_flag("--gpus", given.gpus, [&](auto const& names) { options.gpus = gpu_names(names); });
  read_flag("--memory", given.memory, [&](std::string const& size) { options.memory = memory_size(size); });
  if (given.keep_working_directory) options.keep_working_directory = *given.keep_working_directory;
  if (given.free_space_min_mib) options.free_space_min = *given.free_space_min_mib << 20;
  options.allowed_hosts.insert(options.allowed_hosts.end(), given.allow_hosts.begin(), given.allow_hosts.end());
  return options;
}

}  // namespace azureml::engine::front
