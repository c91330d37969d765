#pragma once
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"
#include "transfer/downloads.hpp"
#include "unit/transfer/download_server.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace azureml::test {

/// Downloads from a server in memory into a directory of the test's own.
struct DownloadTest : ::testing::Test {
  TemporaryDirectory directory{};
  DownloadPipeline blobs{};
  DownloadServer& server = *blobs.server;
  transfer::DownloadOptions options{};
  std::filesystem::path root = directory.path() / "out";

  TransferReport file(std::string const& blob, Context const& context = {}) {
    return transfer::download_file(blobs.pipeline, blobs.addresses, blob, root / "model.bin", options, context);
  }
  TransferReport files(std::vector<transfer::DownloadItem> items, Context const& context = {}) {
    std::size_t at = 0;
    return transfer::download_files(
        blobs.pipeline, blobs.addresses, root,
        [&]() -> std::optional<transfer::DownloadItem> {
          if (at == items.size()) return std::nullopt;
          return items[at++];
        },
        options, context);
  }
  template <class Error, class Call>
  static std::string message(Call const& call) {
    try {
      call();
    } catch (Error const& error) {
      return error.what();
    }
    throw std::runtime_error("there was no such error");
  }
  static std::string content(std::filesystem::path const& file) {
    return read_file(file);
  }
  /// All files beneath the directory, sorted.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    if (!std::filesystem::exists(root)) return found;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(root))
      if (!entry.is_directory()) found.push_back(entry.path().lexically_relative(root).string());
    std::sort(found.begin(), found.end());
    return found;
  }
};

}  // namespace azureml::test
