#pragma once
#include "unit/snapshot/temporary_folder.hpp"

#include <random>
#include <string>
#include <vector>

namespace azureml::test {

/// A folder of files with odd names, ignore files, secrets, and links to files and folders of it, also in loops.
/// Nothing in it makes a plan fail.
class RandomTree {
 public:
  explicit RandomTree(unsigned seed);
  [[nodiscard]] std::filesystem::path const& path() const noexcept { return root_.path(); }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  std::string name();
  std::string text();
  void add_folder(std::string const& path, int depth);
  void add_link(int number);
  std::string ignore_file();

  TemporaryFolder root_{};
  std::mt19937 random_;
  std::vector<std::string> folders_{}, files_{};
};

}  // namespace azureml::test
