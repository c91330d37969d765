#pragma once
#include "base/unique_fd.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace azureml::engine::runner {

/// Watches directories with everything below them through one inotify descriptor. One thread.
class TreeWatch {
 public:
  /// `relative` is below the watched root; `closed`: nobody seems to be writing (closed after writing, or renamed here).
  using Changed = std::function<void(std::filesystem::path const& relative, bool closed)>;
  TreeWatch();
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }  ///< Readable when `handle` has work; -1 when the system has no watch left.
  /// Watches a tree; what lies in it already is told at once. `recursive` false: the directory alone.
  void add(std::filesystem::path const& root, Changed changed, bool recursive = true);
  /// Tells what has happened since. Never blocks.
  void handle();
  /// True once something could not be watched: what came of it is not told.
  [[nodiscard]] bool incomplete() const noexcept { return incomplete_; }
  void remove(std::filesystem::path const& root);  ///< All watches of that root.

 private:
  struct Tree {
    std::filesystem::path root{};
    Changed changed{};
    bool recursive = true;
  };
  struct Watch {
    std::size_t tree = 0;
    std::filesystem::path relative{};
  };
  void add_directory(std::size_t tree, std::filesystem::path const& relative, bool tell, int depth);
  std::map<std::size_t, Tree> trees_{};
  std::size_t next_tree_ = 0;
  std::map<int, Watch> watches_{};
  base::UniqueFd fd_{};
  bool incomplete_ = false;
};

}  // namespace azureml::engine::runner
