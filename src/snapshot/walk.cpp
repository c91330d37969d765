#include "snapshot/walk.hpp"

#include "core/make_error.hpp"
#include "snapshot/file_reader.hpp"
#include "snapshot/limits.hpp"
#include "snapshot/names.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace azureml::snapshot {

namespace {

constexpr std::size_t kEntriesMax = 2'000'000;
constexpr std::size_t kFaultsMax = 20;
constexpr std::size_t kDepthMax = 256;
constexpr std::string_view kLoopRule = "link-loop";
constexpr char kField[] = "source_directory";
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

char const* kind_name(unsigned char type) noexcept {
  switch (type) {
    case DT_FIFO:
      return "a pipe";
    case DT_SOCK:
      return "a socket";
    case DT_BLK:
    case DT_CHR:
      return "a device";
    default:
      return "no file";
  }
}

struct RealPath {
  std::string path{};
  int error = 0;
};

RealPath real_path(std::filesystem::path const& path) {
  struct Free {
    void operator()(char* text) const noexcept { std::free(text); }
  };
  std::unique_ptr<char, Free> const real(::realpath(path.c_str(), nullptr));
  if (!real) return {.error = errno};
  return {.path = real.get()};
}

/// The path relative to the root; nothing when it is outside. Both real.
std::optional<std::string_view> path_beneath(std::string_view root, std::string_view path) {
  if (path == root) return std::string_view{};
  if (root == "/") return path.substr(1);
  if (!path.starts_with(root) || path[root.size()] != '/') return std::nullopt;
  return path.substr(root.size() + 1);
}

/// What is reserved, so that a list that grows folder by folder is not copied for each.
std::size_t grown(std::size_t capacity, std::size_t needed) {
  return needed <= capacity ? capacity : std::max(needed, capacity + capacity / 2);
}

}  // namespace

Walk::Walk(std::filesystem::path const& root, SnapshotOptions const& options, std::stop_token const& stop)
    : options_(options), allowed_(options.allow), stop_(stop), user_(::geteuid()) {
  open_root(root);
}

Plan Walk::run() {
  if (!faults_.empty()) fail();
  check_allowed();
  while (!levels_.empty() && faults_.size() < kFaultsMax) {
    if (++steps_ % 256 == 0) check_stop();
    auto& level = levels_.back();
    if (level.next == level.listing.size())
      levels_.pop_back();
    else if (!too_many())
      look_at(level, level.listing[level.next++]);
  }
  levels_.clear();
  if (!faults_.empty()) fail();
  auto const by_path = [](auto const& a, auto const& b) { return a.path < b.path; };
  auto const sort = [&](auto& list) {  // links to folders are the only ones out of their places
    if (!std::is_sorted(list.begin(), list.end(), by_path)) std::sort(list.begin(), list.end(), by_path);
  };
  sort(plan_.files);
  sort(plan_.excluded);
  return std::move(plan_);
}

void Walk::open_root(std::filesystem::path const& root) {
  if (root.empty()) return fault("is not set", "name the folder that holds the training script");
  plan_.root = std::filesystem::absolute(root).lexically_normal();
  if (!plan_.root.has_filename()) plan_.root = plan_.root.parent_path();
  check_stop();
  auto const refuse = [&](int error) {
    auto const name = shown(plan_.root.string());
    if (error == ENOENT)
      fault(name + " does not exist", "name the folder that holds the training script");
    else if (error == ENOTDIR)
      fault(name + " is not a folder", "name the folder that holds the file");
    else
      fault(name + " cannot be opened: " + std::generic_category().message(error), "make it readable");
  };
  auto const real = real_path(plan_.root);
  if (real.error != 0) return refuse(real.error);
  std::error_code unread;
  if (!std::filesystem::is_directory(plan_.root, unread)) return refuse(unread ? unread.value() : ENOTDIR);
  real_root_ = real.path;
  levels_.reserve(kDepthMax + 2);
  open_level({}, nullptr, plan_.root.c_str(), {}, {});
}

void Walk::fail() {
  throw core::validation_error("the folder " + shown(plan_.root.string()) + " cannot be captured", std::move(faults_));
}

void Walk::fault(std::string problem, std::string remedy, char const* field) {
  if (faults_.size() < kFaultsMax)
    faults_.push_back({.field = field ? field : kField, .problem = std::move(problem), .remedy = std::move(remedy)});
}

void Walk::fault_errno(std::string const& path, int error) {
  fault(shown(path) + " cannot be read: " + std::generic_category().message(error),
        "make it readable or leave it out with " + plan_.ignore_file);
}

void Walk::check_stop() const {
  if (stop_.stop_requested())
    throw core::make_error<StoppedError>("looking at the files of '" + plan_.root.string() + "' was stopped");
}

/// True, once with a fault, when the bound on what is looked at is reached.
bool Walk::too_many() {
  if (plan_.files.size() < kEntriesMax && plan_.excluded.size() < kEntriesMax) return false;
  faults_.clear();
  fault("holds more than " + std::to_string(kEntriesMax) + " files",
        "leave out whole folders with " + plan_.ignore_file + " (a folder left out counts once)");
  levels_.clear();
  return true;
}

/// Makes the folder the last of the levels; not (and a fault) when it cannot be read.
void Walk::open_level(std::string path, Level const* parent, char const* name, std::string_view real_name,
                      std::string_view denied) {
  Level level;
  level.path = std::move(path);
  level.name = real_name;
  level.denied = denied;
  if (parent) level.scope = parent->scope;
  level.fd.reset(::openat(parent ? parent->fd.get() : AT_FDCWD, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  auto error = level.fd && ::fstat(level.fd.get(), &status) == 0 ? 0 : errno;
  if (error == ENOENT && parent) return;  // removed since the folder above was read
  level.device = status.st_dev;
  level.inode = status.st_ino;
  if (error == 0) error = level.listing.read(level.fd.get(), kEntriesMax + 1);
  if (error != 0) return fault_errno(parent ? level.path : plan_.root.string(), error);
  if (options_.ignore == IgnoreRules::git || !parent) find_rules(level);
  if (options_.ignore == IgnoreRules::service && parent && level.scope) {
    auto const& rules = level.scope->rules;
    std::string_view const folder(level.path.data(), level.path.size() - 1);
    level.inherited = IgnoreFile::later(parent->inherited, rules.match(folder, true));
    auto const* const rule = level.inherited;
    if (rule && !rule->negative && !rules.has_negative_after(*rule))
      return leave_out(level.path, rule->text, rules.name(), rule->line);
  }
  plan_.files.reserve(grown(plan_.files.capacity(), plan_.files.size() + level.listing.size()));
  levels_.push_back(std::move(level));
}

void Walk::leave_out(std::string path, std::string_view rule, std::string_view file, int line) {
  plan_.excluded.push_back(
      {.path = std::move(path), .rule = std::string(rule), .rule_file = std::string(file), .rule_line = line});
}

void Walk::look_at(Level& level, FolderListing::Entry const& entry) {
  auto const name = level.listing.name(entry);
  auto const* const text = name.data();
  path_.assign(level.path).append(name);
  std::string_view denied;
  if (deny(level, name, entry.type, denied) || exclude(level, entry.type == DT_DIR)) return;
  if (!is_fit_name(name))
    return fault(shown(path_) + " has a name that is no UTF-8 text or holds control characters",
                 "rename it or leave it out with " + plan_.ignore_file);
  switch (entry.type) {
    case DT_DIR:
      return descend(level, text, name, denied);
    case DT_LNK:
      return follow(level, text, denied);
    case DT_UNKNOWN:
    case DT_REG: {
      struct stat status {};
      if (::fstatat(level.fd.get(), text, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT) fault_errno(path_, errno);  // else: removed since the folder was read
        return;
      }
      if (S_ISREG(status.st_mode)) return add_file(level, text, name, status);
      return fault(shown(path_) + " is being replaced by something else",
                   "try again when nothing writes to the folder");
    }
    default:
      fault(shown(path_) + " is " + kind_name(entry.type), "remove it or leave it out with " + plan_.ignore_file);
  }
}

void Walk::descend(Level& parent, char const* name, std::string_view real_name, std::string_view denied) {
  if (levels_.size() > kDepthMax)
    return fault(shown(path_) + " is more than 256 folders deep", "leave it out with " + plan_.ignore_file);
  open_level(path_ + "/", &parent, name, real_name, denied);
}

bool Walk::is_on_way(struct stat const& status) const {
  return std::any_of(levels_.begin(), levels_.end(),
                     [&](auto const& level) { return level.device == status.st_dev && level.inode == status.st_ino; });
}

void Walk::follow(Level& level, char const* name, std::string_view denied) {
  auto const absolute = plan_.root / path_;
  auto const real = real_path(absolute);
  auto const remedy = "copy what it leads to in its place, or leave it out with " + plan_.ignore_file +
                      "; a pattern that ends with / matches no link";
  std::error_code unread;
  auto const link = [&] {
    return shown(path_) + " is a link to " + shown(std::filesystem::read_symlink(absolute, unread).string());
  };
  if (real.error == ELOOP) return leave_out(path_, kLoopRule);
  if (real.error == ENOENT || real.error == ENOTDIR) return fault(link() + ", which does not exist", remedy);
  if (real.error != 0)
    return fault(link() + " that cannot be followed: " + std::generic_category().message(real.error), remedy);
  auto const inside = path_beneath(real_root_, real.path);
  if (!inside) return fault(link() + ", outside the folder", remedy);
  if (auto const rule = rule_against_target(*inside); !rule.empty())
    return leave_out(path_, rule);  // another name must not let out what its own name keeps in
  auto const real_name = inside->substr(inside->rfind('/') + 1);
  struct stat status {};
  if (::fstatat(level.fd.get(), name, &status, 0) != 0) return fault_errno(path_, errno);
  if (S_ISDIR(status.st_mode))
    return is_on_way(status) ? leave_out(path_ + "/", kLoopRule) : descend(level, name, real_name, denied);
  if (S_ISREG(status.st_mode)) return add_file(level, name, real_name, status);
  fault(link() + ", which is " + kind_name(IFTODT(status.st_mode)), remedy);
}

void Walk::add_file(Level const& level, char const* name, std::string_view real_name, struct stat const& status) {
  // The owner's own bit is the whole truth for the owner; for anybody else groups, access lists and capabilities have a
  // say.
  if (!(status.st_uid == user_ && (status.st_mode & S_IRUSR) != 0)) {
    base::UniqueFd const fd(::openat(level.fd.get(), name, kOpenFlags));
    if (!fd) return fault_errno(path_, errno);
  }
  if (holds_secret(level, name, real_name, status)) return;
  auto const size = static_cast<std::uint64_t>(status.st_size);
  plan_.bytes += size;
  plan_.files.push_back({.path = path_, .size = size, .identity = identity_of(status)});
}

Plan make_plan(std::filesystem::path const& root, SnapshotOptions const& options, std::stop_token const& stop) {
  auto plan = Walk(root, options, stop).run();
  check_limits(plan, options);
  return plan;
}

}  // namespace azureml::snapshot
