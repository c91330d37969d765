#pragma once
#include "support/temporary_directory.hpp"

namespace azureml::test {

/// A temporary directory that also holds empty files, folders and links.
class TemporaryFolder : public TemporaryDirectory {
 public:
  std::filesystem::path write(std::string const& name, std::string_view text = {}) const {
    return TemporaryDirectory::write(name, text);
  }
  std::filesystem::path folder(std::string const& name) const {
    std::filesystem::create_directories(path() / name);
    return path() / name;
  }
  void link(std::string const& name, std::string const& target) const {
    std::filesystem::create_directories((path() / name).parent_path());
    std::filesystem::create_symlink(target, path() / name);
  }
};

}  // namespace azureml::test
