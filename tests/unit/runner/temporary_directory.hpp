#pragma once
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace azureml::test {

inline void write_text(std::filesystem::path const& path, std::string const& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}
inline void append_text(std::filesystem::path const& path, std::string const& text) { std::ofstream(path, std::ios::binary | std::ios::app) << text; }
inline std::string read_text(std::filesystem::path const& path) {
  return read_file(path);
}

}  // namespace azureml::test
