#pragma once
#include "transfer/uploads.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace azureml::test {

/// Every file of a folder, sorted, to blobs beneath `prefix`.
inline transfer::UploadSet set_of(std::filesystem::path const& root, std::string const& prefix) {
  auto items = std::make_shared<std::vector<transfer::UploadItem>>();
  transfer::UploadSet set;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    items->push_back({.blob = prefix + std::filesystem::relative(entry.path(), root).generic_string(),
                      .file = entry.path(),
                      .size = entry.file_size()});
    set.bytes += entry.file_size();
  }
  std::sort(items->begin(), items->end(), [](auto const& a, auto const& b) { return a.blob < b.blob; });
  set.count = items->size();
  set.item = [items](std::size_t i) { return items->at(i); };
  return set;
}

/// Bytes that differ from place to place.
inline std::string varied(std::size_t size, unsigned seed = 1) {
  std::string content(size, '\0');
  auto state = seed * 2654435761U + 1;
  for (auto& c : content) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24);
  }
  return content;
}

}  // namespace azureml::test
