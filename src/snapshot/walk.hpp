#pragma once
#include "base/unique_fd.hpp"
#include "snapshot/deny_list.hpp"
#include "snapshot/folder_listing.hpp"
#include "snapshot/ignore_rules.hpp"
#include "snapshot/private_key.hpp"
#include "snapshot/snapshot.hpp"

#include <azureml/error.hpp>

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::snapshot {

/// Walks a folder once, depth first, in the order of the paths, and makes the plan. Opens a descriptor for each level.
class Walk {
 public:
  Walk(std::filesystem::path const& root, SnapshotOptions const& options, std::stop_token const& stop);
  /// @throws ValidationError, StoppedError
  Plan run();

 private:
  /// The ignore file of a folder and those above it.
  struct Scope {
    std::shared_ptr<Scope const> above{};
    std::size_t base_size = 0;  ///< Of the folder's path with its slash.
    IgnoreFile rules;
  };
  /// A folder on the way from the root to where the walk is.
  struct Level {
    std::string path{};  ///< Empty, or ending with a slash.
    std::string name{};  ///< The folder's own, not that of a link to it; empty for the root.
    base::UniqueFd fd{};
    FolderListing listing{};
    std::size_t next = 0;  ///< In the listing.
    std::shared_ptr<Scope const> scope{};
    IgnoreRule const* inherited = nullptr;  ///< Of the service's rules: the last that counts for all beneath.
    std::string_view denied{};              ///< The rule against what is in it, but for what is allowed.
    dev_t device = 0;
    ino_t inode = 0;
  };

  void open_root(std::filesystem::path const& root);
  void check_allowed();
  void open_level(std::string path, Level const* parent, char const* name, std::string_view real_name,
                  std::string_view denied);
  void find_rules(Level& level);
  std::optional<std::string> read_rules(Level const& level, char const* name, int flags);

  void look_at(Level& level, FolderListing::Entry const& entry);
  /// True when a rule leaves the path out; it is then noted with that rule. `denied` gets the rule against what is
  /// beneath when only some of it is allowed.
  bool deny(Level const& level, std::string_view name, unsigned char type, std::string_view& denied);
  bool exclude(Level const& level, bool is_folder);
  bool exclude_as_service(Level const& level, bool is_folder);
  void descend(Level& parent, char const* name, std::string_view real_name, std::string_view denied);
  void follow(Level& level, char const* name, std::string_view denied);
  void add_file(Level const& level, char const* name, std::string_view real_name, struct stat const& status);
  bool holds_secret(Level const& level, char const* name, std::string_view real_name, struct stat const& status);
  [[nodiscard]] std::string_view rule_against_target(std::string_view target);
  [[nodiscard]] bool is_on_way(struct stat const& status) const;
  void leave_out(std::string path, std::string_view rule, std::string_view file = {}, int line = 0);

  [[noreturn]] void fail();
  void fault(std::string problem, std::string remedy, char const* field = nullptr);
  void fault_errno(std::string const& path, int error);
  void check_stop() const;
  [[nodiscard]] bool too_many();

  SnapshotOptions options_;
  Allowed allowed_;
  std::stop_token stop_;
  uid_t user_;
  std::string real_root_{};
  std::string path_{};     ///< Of the entry that is looked at.
  DenyVerdict content_{};  ///< Of the deny list, when the entry's file is to tell.
  std::string look_buffer_{};
  std::size_t looks_ = 0, steps_ = 0;
  Plan plan_{};
  std::vector<Fault> faults_{};
  std::vector<Level> levels_{};
};

}  // namespace azureml::snapshot
