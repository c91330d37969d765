#include "core/make_error.hpp"
#include "snapshot/file_reader.hpp"
#include "snapshot/ignore_rules.hpp"
#include "snapshot/names.hpp"
#include "snapshot/snapshot.hpp"

#include "base/unique_fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace azureml::snapshot {

namespace {

constexpr std::size_t kEntriesMax = 1'000'000;
constexpr std::size_t kFaultsMax = 20;
constexpr std::size_t kIgnoreFileMax = 4 << 20;
constexpr int kDepthMax = 256;
constexpr char kField[] = "source_directory";

/// The ignore file of a folder and those above it.
struct Scope {
  std::shared_ptr<Scope const> above{};
  std::size_t base_size = 0;  ///< Of the folder's path with its slash.
  IgnoreFile rules;
};

struct Folder {
  std::shared_ptr<Folder const> parent{};
  std::string path{};  ///< Empty, or ending with a slash.
  std::shared_ptr<Scope const> scope{};
  dev_t device = 0;
  ino_t inode = 0;
  int depth = 0;
};

struct Entry {
  std::string name{};
  unsigned char type = DT_UNKNOWN;
};

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

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }
};
struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

class Walk {
 public:
  Walk(std::filesystem::path const& root, std::stop_token const& stop) : stop_(stop) { open_root(root); }

  Plan run() {
    if (!faults_.empty()) fail();
    auto root = std::make_shared<Folder>();
    pending_.push_back(std::move(root));
    while (!pending_.empty() && faults_.size() < kFaultsMax) {
      auto const folder = std::move(pending_.back());
      pending_.pop_back();
      visit(folder);
    }
    if (!faults_.empty()) fail();
    auto const by_path = [](auto const& a, auto const& b) { return a.path < b.path; };
    std::sort(plan_.files.begin(), plan_.files.end(), by_path);
    std::sort(plan_.excluded.begin(), plan_.excluded.end(), by_path);
    return std::move(plan_);
  }

 private:
  void open_root(std::filesystem::path const& root) {
    if (root.empty()) return fault("is not set", "name the folder that holds the training script");
    plan_.root = std::filesystem::absolute(root).lexically_normal();
    if (!plan_.root.has_filename()) plan_.root = plan_.root.parent_path();
    auto const refuse = [&](int error) {
      auto const name = shown(plan_.root.string());
      if (error == ENOENT)
        fault(name + " does not exist", "name the folder that holds the training script");
      else if (error == ENOTDIR)
        fault(name + " is not a folder", "name the folder that holds the file");
      else
        fault(name + " cannot be opened: " + std::generic_category().message(error), "make it readable");
    };
    try {
      root_fd_ = base::open_file(plan_.root, O_RDONLY | O_DIRECTORY);
    } catch (std::system_error const& error) {
      return refuse(error.code().value());
    }
    std::unique_ptr<char, Free> const real(::realpath(plan_.root.c_str(), nullptr));
    if (!real) return refuse(errno);
    real_root_ = real.get();
  }

  [[noreturn]] void fail() {
    throw core::validation_error("the folder " + shown(plan_.root.string()) + " cannot be captured",
                                 std::move(faults_));
  }

  void fault(std::string problem, std::string remedy) {
    if (faults_.size() < kFaultsMax)
      faults_.push_back({.field = kField, .problem = std::move(problem), .remedy = std::move(remedy)});
  }

  void fault_errno(std::string const& path, int error) {
    fault(shown(path) + " cannot be read: " + std::generic_category().message(error),
          "make it readable or leave it out with .amlignore");
  }

  void check_stop() const {
    if (stop_.stop_requested())
      throw core::make_error<StoppedError>("looking at the files of '" + plan_.root.string() + "' was stopped");
  }

  /// True, once with a fault, when the bound on what is looked at is reached.
  bool too_many() {
    if (plan_.files.size() < kEntriesMax && plan_.excluded.size() < kEntriesMax && pending_.size() < kEntriesMax)
      return false;
    faults_.clear();
    fault("holds more than 1000000 files", "leave out whole folders with .amlignore (a folder left out counts once)");
    pending_.clear();
    return true;
  }

  /// What the folder holds, by name; nothing (and a fault) when it cannot be read.
  std::optional<std::vector<Entry>> list(Folder& folder) {
    auto const* const path = folder.path.empty() ? "." : folder.path.c_str();
    base::UniqueFd fd(::openat(root_fd_.get(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
      if (errno != ENOENT) fault_errno(folder.path, errno);
      return std::nullopt;
    }
    folder.device = status.st_dev;
    folder.inode = status.st_ino;
    std::unique_ptr<DIR, CloseFolder> const stream(::fdopendir(fd.get()));
    if (!stream) {
      fault_errno(folder.path, errno);
      return std::nullopt;
    }
    fd.release();
    std::vector<Entry> entries;
    for (errno = 0; auto const* entry = ::readdir(stream.get()); errno = 0) {
      std::string_view const name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (entries.size() == kEntriesMax) break;  // too_many() refuses what holds that much
      entries.push_back({std::string(name), entry->d_type});
    }
    if (errno != 0) {
      fault_errno(folder.path, errno);
      return std::nullopt;
    }
    std::sort(entries.begin(), entries.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
    return entries;
  }

  void visit(std::shared_ptr<Folder> const& folder) {
    check_stop();
    auto entries = list(*folder);
    if (!entries) return;
    for (auto const* above = folder->parent.get(); above; above = above->parent.get()) {
      if (above->device != folder->device || above->inode != folder->inode) continue;
      return fault(shown(folder->path) + " is a folder that holds itself",
                   "remove the link or leave it out with .amlignore");
    }
    find_rules(*folder, *entries);
    std::size_t count = 0;
    for (auto& entry : *entries) {
      if (++count % 256 == 0) check_stop();
      if (faults_.size() == kFaultsMax || too_many()) return;
      look_at(folder, entry);
    }
  }

  /// `.amlignore` stands in for the `.gitignore` beside it.
  void find_rules(Folder& folder, std::vector<Entry> const& entries) {
    for (std::string_view const name : {".amlignore", ".gitignore"}) {
      auto const entry =
          std::lower_bound(entries.begin(), entries.end(), name, [](auto const& e, auto n) { return e.name < n; });
      if (entry == entries.end() || entry->name != name) continue;
      auto const path = folder.path + entry->name;
      // Git does not follow a link in the place of its own file.
      auto const text = read_rules(path, name == ".gitignore" ? O_NOFOLLOW : 0);
      if (!text) continue;
      folder.scope = std::make_shared<Scope>(Scope{folder.scope, folder.path.size(), IgnoreFile(path, *text)});
      return;
    }
  }

  std::optional<std::string> read_rules(std::string const& path, int flags) {
    base::UniqueFd const fd(
        ::openat(root_fd_.get(), path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags));
    if (!fd) {
      if (errno != ENOENT && errno != ELOOP) fault_errno(path, errno);
      return std::nullopt;
    }
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    std::string text;
    char buffer[16384];
    for (;;) {
      auto const got = ::read(fd.get(), buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        fault_errno(path, errno);
        return std::nullopt;
      }
      if (got == 0) return text;
      text.append(buffer, static_cast<std::size_t>(got));
      if (text.size() > kIgnoreFileMax) {
        fault(shown(path) + " is larger than 4 MiB", "shorten it");
        return std::nullopt;
      }
    }
  }

  /// True when a rule leaves the path out; it is then noted with that rule.
  bool exclude(Folder const& folder, std::string const& path, std::string_view name, bool is_folder) {
    Excluded excluded{.path = is_folder ? path + "/" : path};
    if (auto const built_in = built_in_rule(name); !built_in.empty()) {
      excluded.rule = built_in;
      plan_.excluded.push_back(std::move(excluded));
      return true;
    }
    for (auto const* scope = folder.scope.get(); scope; scope = scope->above.get()) {
      auto const* const rule = scope->rules.match(std::string_view(path).substr(scope->base_size), is_folder);
      if (!rule) continue;
      if (rule->negative) return false;
      excluded.rule = rule->text;
      excluded.rule_file = scope->rules.name();
      excluded.rule_line = rule->line;
      plan_.excluded.push_back(std::move(excluded));
      return true;
    }
    return false;
  }

  void look_at(std::shared_ptr<Folder> const& folder, Entry& entry) {
    auto path = folder->path + entry.name;
    auto const excluded = [&] { return exclude(*folder, path, entry.name, entry.type == DT_DIR); };
    bool const type_is_known = entry.type != DT_UNKNOWN;
    if (type_is_known && excluded()) return;
    struct stat status {};
    if (!type_is_known || entry.type == DT_REG) {
      auto const error = ::fstatat(root_fd_.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
      if (error == ENOENT) return;  // removed since the folder was read
      if (error == 0) entry.type = IFTODT(status.st_mode);
      if (!type_is_known && excluded()) return;
      if (error != 0) return fault_errno(path, error);
    }
    if (!is_fit_name(entry.name))
      return fault(shown(path) + " has a name that is no UTF-8 text or holds control characters",
                   "rename it or leave it out with .amlignore");
    switch (entry.type) {
      case DT_DIR:
        return descend(folder, path);
      case DT_LNK:
        return follow(folder, path);
      case DT_REG:
        return add_file(std::move(path), status);
      default:
        fault(shown(path) + " is " + kind_name(entry.type), "remove it or leave it out with .amlignore");
    }
  }

  void descend(std::shared_ptr<Folder> const& parent, std::string const& path) {
    if (parent->depth == kDepthMax)
      return fault(shown(path) + " is more than 256 folders deep", "leave it out with .amlignore");
    auto folder = std::make_shared<Folder>();
    folder->parent = parent;
    folder->path = path + "/";
    folder->scope = parent->scope;
    folder->depth = parent->depth + 1;
    pending_.push_back(std::move(folder));
  }

  void follow(std::shared_ptr<Folder> const& folder, std::string& path) {
    auto const absolute = (plan_.root / path).string();
    std::unique_ptr<char, Free> const real(::realpath(absolute.c_str(), nullptr));
    auto const error = errno;
    std::string const remedy =
        "copy what it leads to in its place, or leave it out with .amlignore; a pattern that ends with / "
        "matches no link";
    auto const target = shown(read_link(absolute));
    if (!real) {
      if (error == ENOENT || error == ENOTDIR)
        return fault(shown(path) + " is a link to " + target + ", which does not exist", remedy);
      if (error == ELOOP) return fault(shown(path) + " is a link to " + target + " that leads back to itself", remedy);
      return fault(shown(path) + " is a link to " + target +
                       " that cannot be followed: " + std::generic_category().message(error),
                   remedy);
    }
    std::string_view inside = real.get();
    bool const beneath = real_root_ == "/" || inside == real_root_ ||
                         (inside.starts_with(real_root_) && inside[real_root_.size()] == '/');
    if (!beneath) return fault(shown(path) + " is a link to " + target + ", outside the folder", remedy);
    inside.remove_prefix(std::min(real_root_.size() + (real_root_ == "/" ? 0 : 1), inside.size()));
    if (auto const rule = built_in_rule_of_path(inside);
        !rule.empty()) {  // another name must not let out what its own name keeps in
      plan_.excluded.push_back({.path = path, .rule = std::string(rule)});
      return;
    }
    struct stat status {};
    if (::stat(real.get(), &status) != 0) return fault_errno(path, errno);
    if (S_ISDIR(status.st_mode)) {
      for (auto const* above = folder.get(); above; above = above->parent.get())
        if (above->device == status.st_dev && above->inode == status.st_ino)
          return fault(shown(path) + " is a link to " + target + ", a folder that holds the link (a loop)", remedy);
      return descend(folder, path);
    }
    if (S_ISREG(status.st_mode)) return add_file(std::move(path), status);
    fault(shown(path) + " is a link to " + target + ", which is " + kind_name(IFTODT(status.st_mode)), remedy);
  }

  static std::string read_link(std::string const& path) {
    std::error_code error;
    return std::filesystem::read_symlink(path, error).string();
  }

  void add_file(std::string path, struct stat const& status) {
    // The owner's own bit is the whole truth for the owner; for anybody else groups, access lists and capabilities have
    // a say.
    if (!(status.st_uid == user_ && (status.st_mode & S_IRUSR) != 0)) {
      base::UniqueFd const fd(::openat(root_fd_.get(), path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
      if (!fd) return fault_errno(path, errno);
    }
    File file{
        .path = std::move(path), .size = static_cast<std::uint64_t>(status.st_size), .identity = identity_of(status)};
    plan_.bytes += file.size;
    plan_.files.push_back(std::move(file));
  }

  std::stop_token stop_;
  uid_t user_ = ::geteuid();
  base::UniqueFd root_fd_{};
  std::string real_root_{};
  Plan plan_{};
  std::vector<Fault> faults_{};
  std::vector<std::shared_ptr<Folder>> pending_{};
};

}  // namespace

Plan make_plan(std::filesystem::path const& root, SnapshotOptions const&, std::stop_token const& stop) {
  return Walk(root, stop).run();
}

}  // namespace azureml::snapshot
