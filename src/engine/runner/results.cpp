#include "engine/runner/results.hpp"

#include "engine/runner/files.hpp"
#include "engine/runner/run_failure.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <system_error>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kQuiet{2};
constexpr std::size_t kWarningsMax = 20;
constexpr std::size_t kPendingMax = 100'000;
constexpr int kDepthMax = 64;

std::int64_t modified_ns(struct stat const& info) { return info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec; }

/// True when the first `length` bytes of both are the same.
bool same_prefix(int a, int b, std::uint64_t length) {
  std::string left(64 * 1024, '\0'), right(64 * 1024, '\0');
  for (std::uint64_t at = 0; at < length;) {
    auto const wanted = std::min<std::uint64_t>(left.size(), length - at);
    auto const x = ::pread(a, left.data(), wanted, static_cast<off_t>(at));
    auto const y = ::pread(b, right.data(), wanted, static_cast<off_t>(at));
    if (x <= 0 || x != y || std::memcmp(left.data(), right.data(), static_cast<std::size_t>(x)) != 0) return false;
    at += static_cast<std::uint64_t>(x);
  }
  return true;
}

}  // namespace

Results::Results(RunPaths paths) : paths_(std::move(paths)) {}

std::uint64_t Results::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (auto const& [name, stamp] : published_) sum += stamp.size;
  return sum;
}

void Results::warn(std::string text) {
  text = valid_utf8(text.substr(0, 500));
  if (warnings_.size() < kWarningsMax && std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
    warnings_.push_back(std::move(text));
}

void Results::log_changed(fs::path const& relative) {
  try {
    mirror_log(fs::path("logs") / relative, false);
  } catch (std::exception const& error) {
    warn(std::string("a log file could not be mirrored: ") + error.what());
  }
}

void Results::output_changed(fs::path const& relative, bool closed, Time now) {
  if (pending_.size() < kPendingMax || pending_.contains(relative)) pending_[relative] = {closed, now + kQuiet};
}

std::optional<Results::Time> Results::next_due() const {
  std::optional<Time> due;
  for (auto const& [name, pending] : pending_)
    if (pending.closed && (!due || pending.due < *due)) due = pending.due;
  return due;
}

void Results::publish_due(Time now) {
  for (auto pending = pending_.begin(); pending != pending_.end();) {
    if (!pending->second.closed || pending->second.due > now) {
      ++pending;
      continue;
    }
    auto const relative = pending->first;
    pending = pending_.erase(pending);
    try {
      publish_output(fs::path("outputs") / relative, false);
    } catch (std::exception const& error) {
      warn(std::string("an output could not be published: ") + error.what());
    }
  }
}

void Results::publish_output(fs::path const& relative, bool move) {
  struct stat info {};
  auto const from = open_beneath(paths_.work(), relative, info);
  if (!from) return;
  Stamp const stamp{static_cast<std::uint64_t>(info.st_size), info.st_ino, modified_ns(info)};
  auto const known = published_.find(relative.string());
  if (known != published_.end() && known->second == stamp) return;
  auto const target = paths_.artifacts() / relative;
  struct stat named {};
  bool const plain = ::lstat((paths_.work() / relative).c_str(), &named) == 0 && S_ISREG(named.st_mode) && named.st_ino == info.st_ino;
  bool moved = false;
  if (move && plain && info.st_nlink == 1) {
    fs::create_directories(target.parent_path());
    moved = ::fsync(from.get()) == 0 && ::rename((paths_.work() / relative).c_str(), target.c_str()) == 0;
  }
  if (!moved) publish_copy(from.get(), paths_.scratch(), target);
  published_[relative.string()] = stamp;
}

void Results::mirror_log(fs::path const& relative, bool verify) {
  struct stat info {};
  auto const from = open_beneath(paths_.work(), relative, info);
  if (!from) return;
  auto const target = paths_.artifacts() / relative;
  auto& stamp = published_[relative.string()];
  auto const size = static_cast<std::uint64_t>(info.st_size);
  struct stat mirrored {};
  bool const exists = ::stat(target.c_str(), &mirrored) == 0;
  auto const have = exists ? static_cast<std::uint64_t>(mirrored.st_size) : 0;
  bool rewrite = exists && (size < have || (stamp.inode != 0 && stamp.inode != info.st_ino));
  if (!rewrite && exists && verify) {
    auto const old = base::open_file(target, O_RDONLY);
    rewrite = !same_prefix(from.get(), old.get(), have);
  }
  if (rewrite) {
    publish_copy(from.get(), paths_.scratch(), target);
  } else if (!exists || size > have) {
    fs::create_directories(target.parent_path());
    auto const to = base::open_file(target, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    copy_bytes(from.get(), have, to.get(), have, size - have, target.string());
  }
  stamp = {size, info.st_ino, modified_ns(info)};
}

void Results::collect_all(bool move) {
  std::error_code error;
  fs::create_directories(paths_.scratch(), error);
  pending_.clear();
  collect("logs", false);
  collect("outputs", move);
}

void Results::collect(std::string const& folder, bool move) {
  open_directories_.clear();
  collect_directory(folder, move, 0);
}

void Results::collect_directory(fs::path const& relative, bool move, int depth) {
  std::error_code error;
  auto const root = fs::canonical(paths_.work(), error);
  if (error) return;
  auto const real = fs::canonical(paths_.work() / relative, error);
  if (error) return;
  struct stat info {};
  if (::stat(real.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return;
  if (real != root && !real.string().starts_with(root.string() + "/")) {
    warn("'" + relative.string() + "' was not kept: it is a link out of the working directory");
    return;
  }
  // A link to a folder that is being walked already would never end.
  auto const identity = std::pair<std::uint64_t, std::uint64_t>(info.st_dev, info.st_ino);
  if (depth > kDepthMax || !open_directories_.insert(identity).second) {
    warn("'" + relative.string() + "' was not kept: it leads back to a folder around it or lies too deep");
    return;
  }
  for (auto entry = fs::directory_iterator(paths_.work() / relative, error); !error && entry != fs::directory_iterator(); entry.increment(error))
    collect_file(relative / entry->path().filename(), move);
  if (error) warn("'" + relative.string() + "' could not be read to its end: " + error.message());
  open_directories_.erase(identity);
}

void Results::collect_file(fs::path const& relative, bool move) {
  std::error_code error;
  auto const status = fs::status(paths_.work() / relative, error);
  if (fs::is_directory(status)) {
    collect_directory(relative, move, static_cast<int>(std::distance(relative.begin(), relative.end())));
    return;
  }
  if (!fs::is_regular_file(status)) {
    warn("'" + relative.string() + "' was not kept: it is neither a file nor a folder, or a link to nothing");
    return;
  }
  struct stat info {};
  if (!open_beneath(paths_.work(), relative, info)) {
    warn("'" + relative.string() + "' was not kept: it is a link out of the working directory or cannot be read");
    return;
  }
  try {
    if (relative.begin()->string() == "logs") {
      mirror_log(relative, true);
    } else {
      publish_output(relative, move);
    }
  } catch (std::exception const& failure) {
    if (failure_.empty()) failure_ = valid_utf8("'" + relative.string() + "' could not be kept: " + failure.what());
  }
}

}  // namespace azureml::engine::runner
