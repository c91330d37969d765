#include "api/local/home.hpp"

#include "core/make_error.hpp"

#include <pwd.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::api {

namespace {

namespace fs = std::filesystem;

// Magic numbers of statfs(2): file systems on which locks, renames and mappings cannot be trusted between machines.
constexpr std::array<unsigned long, 8> kNetworkFileSystems{0x6969UL,     0xFF534D42UL, 0xFE534D42UL, 0x517BUL,
                                                           0x0BD00BD0UL, 0x47504653UL, 0x5346414FUL, 0x01021997UL};

bool on_network(fs::path path) {
  std::error_code ignored;
  while (!path.empty() && !fs::exists(path, ignored) && path != path.parent_path()) path = path.parent_path();
  struct statfs facts {};
  if (::statfs(path.c_str(), &facts) != 0) return false;
  auto const type = static_cast<unsigned long>(facts.f_type) & 0xFFFFFFFFUL;
  for (auto const known : kNetworkFileSystems)
    if (known == type) return true;
  return false;
}

fs::path user_directory() {
  if (char const* home = std::getenv("HOME"); home && *home) return home;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found && found->pw_dir) return found->pw_dir;
  throw core::make_error<EngineError>("cannot choose a home for the engine: HOME is not set and the user has no entry; set AZUREML_ENGINE_HOME");
}

bool executable(fs::path const& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<fs::path> path_entries() {
  std::vector<fs::path> entries;
  char const* text = std::getenv("PATH");
  std::string_view rest = text ? text : "";
  while (!rest.empty()) {
    auto const end = std::min(rest.find(':'), rest.size());
    if (end > 0) entries.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return entries;
}

}  // namespace

fs::path choose_home(fs::path const& given, logging::Logger const& logger) {
  if (!given.empty()) return fs::absolute(given);
  if (char const* named = std::getenv("AZUREML_ENGINE_HOME"); named && *named) return fs::absolute(named);
  auto usual = user_directory() / ".azureml" / "engine";
  if (!on_network(usual)) return usual;
  fs::path local = "/var/tmp/azureml-" + std::to_string(::getuid());
  logger.warning("'" + usual.string() + "' is on a network file system; the engine's home is '" + local.string() + "' instead");
  return local;
}

fs::path locate_program(fs::path const& given) {
  constexpr char kName[] = "azureml";
  std::vector<std::string> looked;
  if (!given.empty()) {
    if (executable(given)) return fs::absolute(given);
    throw core::make_error<EngineError>("cannot start the engine: LocalOptions::engine_program '" + given.string() + "' is no program that can be run");
  }
  if (char const* named = std::getenv("AZUREML_ENGINE_PROGRAM"); named && *named) {
    if (executable(named)) return fs::absolute(named);
    throw core::make_error<EngineError>("cannot start the engine: AZUREML_ENGINE_PROGRAM '" + std::string(named) + "' is no program that can be run");
  }
  std::vector<fs::path> places;
  std::error_code failed;
  if (auto const self = fs::read_symlink("/proc/self/exe", failed); !failed) places.push_back(self.parent_path());
#ifdef AZUREML_INSTALLED_BINDIR
  places.emplace_back(AZUREML_INSTALLED_BINDIR);
#endif
  for (auto& entry : path_entries()) places.push_back(std::move(entry));
  std::string list;
  for (auto const& place : places) {
    if (executable(place / kName)) return fs::absolute(place / kName);
    list += (list.empty() ? "" : ", ") + ("'" + place.string() + "'");
  }
  throw core::make_error<EngineError>("cannot start the engine: no program 'azureml' in " + (list.empty() ? "any place" : list) +
                                      "; install it, or set AZUREML_ENGINE_PROGRAM or LocalOptions::engine_program");
}

}  // namespace azureml::api
