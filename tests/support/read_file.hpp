#pragma once
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace azureml::test {

/// The bytes of a file; none when it cannot be read. In large pieces: the builds with sanitizers are not optimised.
inline std::string read_file(std::filesystem::path const& path) {
  std::ostringstream content;
  if (std::ifstream in(path, std::ios::binary); in && in.peek() != std::ifstream::traits_type::eof())
    content << in.rdbuf();
  return std::move(content).str();
}

}  // namespace azureml::test
