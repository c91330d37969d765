#include "engine/front/home_check.hpp"

#include "base/unique_fd.hpp"
#include "engine/front/home_check_state.hpp"
#include "engine/front/lifecycle.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace azureml::engine::front {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kDatabaseFaultsMax = 100;
constexpr char kGc[] = "remove it with: azureml engine gc";

/// Nothing when the file cannot be read as a database at all; that is a finding then.
std::unique_ptr<store::StoreView> open_database(HomeCheck& check) {
  auto const file = check.home.database();
  std::error_code error;
  if (!fs::exists(file, error)) {
    if (!names_in(check.home.runs()).empty() || !names_in(check.home.blobs()).empty())
      check.add("database-missing", file, "there are runs or blobs, but no database", "restore it from a copy, or move the home away to start with an empty one");
    return nullptr;
  }
  try {
    auto view = std::make_unique<store::StoreView>(file);
    auto const faults = view->faults(kDatabaseFaultsMax);
    if (faults.empty()) return view;
    auto problem = faults.front();
    if (faults.size() > 1) problem += " (and " + std::to_string(faults.size() - 1) + (faults.size() == kDatabaseFaultsMax ? " or more" : "") + " other faults)";
    check.add("database-damaged", file, std::move(problem), "stop the engine and restore the file from a copy, or move the home away to start with an empty one");
  } catch (std::exception const& fault) {
    check.add("database-damaged", file, fault.what(), "stop the engine and restore the file from a copy, or move the home away to start with an empty one");
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> names_in(fs::path const& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) names.push_back(at->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_locked(fs::path const& lock) {
  base::UniqueFd const fd{::open(lock.c_str(), O_RDONLY | O_CLOEXEC)};
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0;
}

void HomeCheck::add(std::string kind, fs::path const& path, std::string problem, std::string remedy) {
  if (findings.size() >= kFindingsMax) return;
  if (findings.size() == kFindingsMax - 1) {
    findings.push_back({"more", home.root.string(), "there are more findings than are listed", "mend these and check again"});
    return;
  }
  findings.push_back({std::move(kind), path.string(), std::move(problem), std::move(remedy)});
}

void HomeCheck::go_on() const {
  if (options.stopped && options.stopped()) throw CheckStopped("the check was ended, because the engine stops; check again without it");
}

/// Others may do nothing with it, whatever the owner may.
void HomeCheck::check_mode(fs::path const& file, unsigned mode) {
  struct ::stat facts {};
  if (::lstat(file.c_str(), &facts) != 0 || (facts.st_mode & 077U) == 0) return;
  char seen[8], wanted[8];
  std::snprintf(seen, sizeof seen, "%03o", static_cast<unsigned>(facts.st_mode) & 0777U);
  std::snprintf(wanted, sizeof wanted, "%03o", mode);
  add("mode-open", file, std::string("it holds secrets and has mode ") + seen + ", so that others may use it",
      std::string("close it with: chmod ") + wanted + " '" + file.string() + "', and make a new home if somebody may have read it");
}

void HomeCheck::check_secrets() {
  check_mode(home.root, 0700);
  for (auto const& file : {home.identity_json(), home.token_file(), home.database()}) check_mode(file, 0600);
  for (auto const* const suffix : {"-wal", "-shm"}) check_mode(home.database().string() + suffix, 0600);
}

/// False when the home has none that could be used.
bool HomeCheck::check_identity() {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(home.identity_json(), error))) {
    if (fs::exists(home.database(), error))
      add("identity-missing", home.identity_json(), "the home's keys are gone", "restore the file from a copy; a new one makes all signed addresses and tokens void");
    return false;
  }
  // What is wrong with modes has been said.
  if (!findings.empty()) return true;
  try {
    (void)store::open_home(home);
  } catch (std::exception const& fault) {
    add("identity-damaged", home.identity_json(), fault.what(), "restore the file from a copy; a new one makes all signed addresses and tokens void");
  }
  return true;
}

/// Files on their way that nobody is bringing on any more. While an engine serves, some are its own.
void HomeCheck::check_leftovers() {
  auto const staging = home.blobs() / ".staging";
  for (auto const& name : names_in(staging)) {
    bool const blocks = name.starts_with("blocks-");
    if (blocks ? name == "blocks-" + boot_id() : live()) continue;
    add("staging-left", staging / name, blocks ? "these blocks are of before the system's start and cannot be used" : "an upload or a removal was not brought to its end", kGc);
  }
  if (live()) return;
  for (auto const& name : names_in(home.root))
    if (name.starts_with(".") && name.find(".tmp-") != std::string::npos) add("staging-left", home.root / name, "a file was not written to its end", kGc);
}

void HomeCheck::check_environments() {
  for (auto const& name : names_in(home.environments())) {
    auto const folder = home.environments() / name;
    std::error_code error;
    if (!fs::is_directory(folder, error) || fs::exists(folder / "complete.json", error)) continue;
    if (!is_locked(home.environments() / (name + ".lock"))) add("environment-incomplete", folder, "it was not built to its end", kGc);
  }
}

std::vector<Finding> check_home(store::Home const& home, HomeCheckOptions const& options) {
  std::error_code error;
  if (!fs::is_directory(home.root, error))
    throw std::runtime_error("there is no engine's home at '" + home.root.string() + "'; name the one to check with --home");
  HomeCheck check{home, options};
  check.check_secrets();
  check.check_identity();
  if (auto const view = open_database(check)) {
    try {
      check.check_runs(*view);
      check.check_run_folders(*view);
      check.check_blobs(*view);
      check.check_snapshots(*view);
      check.check_orphans(*view);
    } catch (CheckStopped const&) {
      throw;
    } catch (std::exception const& fault) {
      check.add("database-damaged", home.database(), fault.what(), "stop the engine and restore the file from a copy, or move the home away to start with an empty one");
    }
  }
  check.check_leftovers();
  check.check_environments();
  return std::move(check.findings);
}

std::string to_json_text(std::vector<Finding> const& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (auto const& each : findings) list.push_back({{"kind", each.kind}, {"path", each.path}, {"problem", each.problem}, {"remedy", each.remedy}});
  nlohmann::ordered_json object;
  object["findings"] = std::move(list);
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<Finding> findings_from_json(std::string const& text) {
  try {
    std::vector<Finding> findings;
    auto const object = json::parse(text);
    for (auto const& each : object.at("findings")) {
      auto member = [&](char const* name) { return each.at(name).get<std::string>(); };
      findings.push_back({member("kind"), member("path"), member("problem"), member("remedy")});
    }
    return findings;
  } catch (json::exception const& error) {
    throw std::runtime_error(std::string("the engine's answer to a check cannot be read: ") + error.what());
  }
}

}  // namespace azureml::engine::front
