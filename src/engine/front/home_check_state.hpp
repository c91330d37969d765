#pragma once
// The parts of a check; only for home_check*.cpp.
#include "engine/front/home_check.hpp"
#include "engine/store/store_view.hpp"

#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace azureml::engine::front {

class CheckStopped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct HomeCheck {
  HomeCheck(store::Home const& home_, HomeCheckOptions const& options_) : home(home_), options(options_) {}
  [[nodiscard]] bool live() const { return static_cast<bool>(options.settle); }
  void add(std::string kind, std::filesystem::path const& path, std::string problem, std::string remedy);
  void check_mode(std::filesystem::path const& file, unsigned mode);

  void go_on() const;  ///< @throws std::runtime_error when the check is to stop

  void check_secrets();
  bool check_identity();
  void check_leftovers();
  void check_environments();
  void check_blobs(store::StoreView& view);    ///< home_check_blobs.cpp
  void check_snapshots(store::StoreView& view);
  void check_orphans(store::StoreView& view);
  void check_runs(store::StoreView& view);     ///< home_check_runs.cpp
  void check_run_folders(store::StoreView& view);

  store::Home const& home;
  HomeCheckOptions const& options;
  std::vector<Finding> findings{};
  /// Files that runs under way have put in place, and that the engine may not have recorded yet: container, name.
  std::set<std::pair<std::string, std::string>> arriving{};
};

/// The names in a folder, sorted; none when it cannot be read.
std::vector<std::string> names_in(std::filesystem::path const& folder);
/// True when somebody holds the lock file.
bool is_locked(std::filesystem::path const& lock);

}  // namespace azureml::engine::front
