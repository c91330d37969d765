#include "engine/front/home_gc.hpp"

#include "base/unique_fd.hpp"
#include "engine/front/home_check.hpp"
#include "engine/front/home_check_state.hpp"
#include "engine/routes/staging.hpp"
#include "engine/runner/blob_address.hpp"
#include "engine/runner/files.hpp"
#include "engine/runner/journal.hpp"
#include "engine/store/store.hpp"
#include "engine/store/store_view.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

namespace azureml::engine::front {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::array<char const*, 5> kRemovable{"staging-left", "run-orphan", "run-left", "environment-incomplete", "blob-orphan"};

std::uint64_t bytes_below(fs::path const& path) {
  std::error_code error;
  auto const type = fs::symlink_status(path, error).type();
  if (type == fs::file_type::regular) return fs::file_size(path, error);
  std::uint64_t sum = 0;
  if (type != fs::file_type::directory) return 0;
  for (fs::recursive_directory_iterator at{path, error}, end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (at->symlink_status(gone).type() == fs::file_type::regular) sum += at->file_size(gone);
  }
  return sum;
}

/// When its inode was last changed: unlike the time of modification nobody can set it back, and a rename into place counts.
bool is_older(fs::path const& path, std::chrono::seconds age) {
  struct ::stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) return false;
  return std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(facts.st_ctim.tv_sec) >= age;
}

class Collection {
 public:
  Collection(store::Home const& home, store::StoreThread& store, GcOptions const& options) : home_(home), store_(store), options_(options) {}

  std::vector<Garbage> run() {
    take_findings();
    store::StoreView view{home_.database()};
    take_snapshots(view);
    take_environments(view);
    return std::move(garbage_);
  }

 private:
  void take_findings();
  void take_snapshots(store::StoreView& view);
  void take_environments(store::StoreView& view);
  bool remove_finding(Finding const& finding);
  bool remove_environment(fs::path const& folder);
  bool put_away(fs::path const& path);
  void go_on() const {
    if (options_.stopped && options_.stopped()) throw std::runtime_error("the engine stops before all was removed; ask again when it is back");
  }

  store::Home const& home_;
  store::StoreThread& store_;
  GcOptions const& options_;
  std::vector<Garbage> garbage_{};
};

/// Out of its place in one step, so that what is cut short here is found again in the staging area.
bool Collection::put_away(fs::path const& path) {
  fs::create_directories(routes::staging_directory(home_));
  auto const trash = routes::trash_name(home_);
  std::error_code error;
  fs::rename(path, trash, error);
  return !error && runner::remove_tree(trash);
}

bool Collection::remove_finding(Finding const& finding) {
  fs::path const path{finding.path};
  if (finding.kind == "environment-incomplete") return remove_environment(path);
  // What makes it garbage is looked at once more where nothing can change meanwhile.
  bool const unknown = store_.call([&](store::Store& database) {
    if (finding.kind == "run-orphan") return !database.find_job(path.filename().string());
    if (finding.kind != "blob-orphan") return true;
    auto const below = path.lexically_relative(home_.blobs());
    auto const container = below.begin()->string();
    if (database.find_blob(container, path.lexically_relative(home_.blobs() / container).string()) || !is_older(path, options_.age_min)) return false;
    std::error_code error;
    return fs::remove(path, error);
  });
  if (!unknown) return false;
  if (finding.kind == "blob-orphan") return true;
  return finding.kind == "staging-left" ? runner::remove_tree(path) : put_away(path);
}

void Collection::take_findings() {
  HomeCheckOptions const checking{.checksums = false,
                                  .settle = options_.live ? std::function<void()>([this] { store_.call([](store::Store&) {}); }) : nullptr,
                                  .stopped = options_.stopped};
  for (auto const& finding : check_home(home_, checking)) {
    if (finding.kind.starts_with("database-") || finding.kind.starts_with("identity-"))
      throw std::runtime_error("nothing was removed, because the home is damaged: '" + finding.path + "': " + finding.problem + "; " + finding.remedy);
    if (std::find_if(kRemovable.begin(), kRemovable.end(), [&](char const* kind) { return finding.kind == kind; }) == kRemovable.end()) continue;
    if (!is_older(finding.path, options_.age_min)) continue;
    go_on();
    Garbage const garbage{finding.kind, finding.path, bytes_below(finding.path)};
    if (options_.dry_run || remove_finding(finding)) garbage_.push_back(garbage);
  }
}

/// Snapshots in containers of their own, as uploads of code make them, that nothing names.
void Collection::take_snapshots(store::StoreView& view) {
  auto const prefix = store::open_home(home_).workspace_id + "-";
  auto const newest = std::chrono::system_clock::now() - options_.age_min;
  std::vector<store::StoreView::Code> codes;
  view.each_code([&](store::StoreView::Code const& code) {
    if (code.created <= newest) codes.push_back(code);
  });
  for (auto const& code : codes) {
    auto const place = runner::own_blob_address(code.uri, {});
    if (!place || !place->container.starts_with(prefix)) continue;
    go_on();
    auto const folder = home_.blobs() / place->container;
    Garbage const garbage{"snapshot-unused", folder.string(), bytes_below(folder)};
    bool const removed = store_.call([&](store::Store& database) {
      if (options_.dry_run) return !database.is_code_used(code.name, code.version, place->container);
      return database.remove_unused_code(code.name, code.version, place->container);
    });
    if (!removed) continue;
    if (!options_.dry_run) put_away(folder);
    garbage_.push_back(garbage);
  }
}

/// The environments that the journals of all runs name.
std::set<std::string> used_environments(store::Home const& home, store::StoreView& view) {
  std::set<std::string> used;
  view.each_job([&](store::StoreView::Job const& job) {
    runner::JournalReader journal{home.run(job.name) / "journal.jsonl"};
    try {
      for (auto records = journal.read(); !records.empty(); records = journal.read())
        for (auto const& record : records)
          if (record.event == "started") used.insert(json::parse(record.text).value("environment", ""));
    } catch (std::exception const&) {
      // What a damaged journal names cannot be known; an environment can be built anew.
    }
  });
  return used;
}

/// Somebody builds it or, sharing the lock, uses it.
bool is_in_use(fs::path const& lock) {
  base::UniqueFd const fd{::open(lock.c_str(), O_RDONLY | O_CLOEXEC)};
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
}

/// While its lock is held nobody begins to use or to build it. The lock itself stays: others may be waiting for it.
bool Collection::remove_environment(fs::path const& folder) {
  base::UniqueFd const lock{::open((folder.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return false;
  std::error_code error;
  // Never half an environment with the mark that it is whole.
  fs::remove(folder / "complete.json", error);
  return runner::remove_tree(folder);
}

void Collection::take_environments(store::StoreView& view) {
  auto const used = used_environments(home_, view);
  for (auto const& name : names_in(home_.environments())) {
    auto const folder = home_.environments() / name;
    std::error_code error;
    if (used.contains(name) || !fs::exists(folder / "complete.json", error) || !is_older(folder / "complete.json", options_.age_min)) continue;
    if (is_in_use(home_.environments() / (name + ".lock"))) continue;
    go_on();
    Garbage const garbage{"environment-unused", folder.string(), bytes_below(folder)};
    if (options_.dry_run || remove_environment(folder)) garbage_.push_back(garbage);
  }
}

}  // namespace

std::vector<Garbage> collect_garbage(store::Home const& home, store::StoreThread& store, GcOptions const& options) {
  return Collection{home, store, options}.run();
}

std::string to_json_text(std::vector<Garbage> const& garbage) {
  auto list = nlohmann::ordered_json::array();
  for (auto const& each : garbage) list.push_back({{"kind", each.kind}, {"path", each.path}, {"bytes", each.bytes}});
  nlohmann::ordered_json object;
  object["removed"] = std::move(list);
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<Garbage> garbage_from_json(std::string const& text) {
  try {
    std::vector<Garbage> garbage;
    auto const object = json::parse(text);
    for (auto const& each : object.at("removed"))
      garbage.push_back({each.at("kind").get<std::string>(), each.at("path").get<std::string>(), each.at("bytes").get<std::uint64_t>()});
    return garbage;
  } catch (json::exception const& error) {
    throw std::runtime_error(std::string("the engine's answer cannot be read: ") + error.what());
  }
}

}  // namespace azureml::engine::front
