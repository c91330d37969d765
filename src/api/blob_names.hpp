#pragma once
#include "transfer/downloads.hpp"

#include <azureml/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::api {

/// The blobs of a listing that are to become files, in about 50 bytes and their name each.
class BlobNames {
 public:
  static constexpr std::size_t kCountMax = 1'000'000;
  /// @param what completes "cannot …"
  explicit BlobNames(std::string what) : what_(std::move(what)) {}
  /// Leaves out those that stand for folders. @throws ValidationError when there are too many
  void add(transfer::BlobInfo const& blob);
  /// Checks all names and leaves out empty blobs that have the name of a folder. @throws ValidationError with every
  /// fault, at most 20: names that are no paths, and blobs with content that have the name of a folder
  void finish();
  [[nodiscard]] std::size_t count() const noexcept { return rows_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] transfer::DownloadItem item(std::size_t index) const;

 private:
  struct Row {
    std::size_t start = 0;  ///< In `text_`: the name, then the etag.
    std::uint64_t size = 0;
    std::uint32_t name_size = 0, etag_size = 0;
    std::array<char, 16> md5{};
    bool has_md5 = false;
  };
  [[nodiscard]] std::string_view name(Row const& row) const {
    return std::string_view(text_).substr(row.start, row.name_size);
  }
  [[nodiscard]] bool is_folder(Row const& row) const;
  void fault(std::string_view name, std::string problem, std::string remedy);

  std::string what_;
  std::string text_{};
  std::vector<Row> rows_{};
  std::uint64_t bytes_ = 0;
  std::vector<Fault> faults_{};
};

}  // namespace azureml::api
