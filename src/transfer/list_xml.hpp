#pragma once
#include "transfer/downloads.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::transfer {

/// Reads the XML of a page of a container's listing as it comes. Strict: what is no such page is refused, and so are
/// document types, comments and sections, which the service never sends. Holds one page.
class ListReader {
 public:
  /// @throws TransportError
  void feed(std::string_view piece);
  /// To be called at the end. @throws TransportError when the page is not whole
  void finish() const;
  std::vector<BlobInfo>& blobs() noexcept { return blobs_; }
  [[nodiscard]] std::string const& next_marker() const noexcept { return next_marker_; }

 private:
  void text_ends();
  void tag_ends();
  void open(std::string_view tag);
  void close(std::string_view name);
  void value(std::string_view path, std::string const& text);
  [[nodiscard]] std::string path() const;

  std::vector<BlobInfo> blobs_{};
  std::string next_marker_{};
  BlobInfo blob_{};
  std::vector<std::string> open_{};  ///< Elements, from the root.
  std::string token_{}, text_{};
  std::size_t size_ = 0;  ///< Of the page so far.
  bool in_tag_ = false, began_ = false, ended_ = false, is_encoded_ = false, has_children_ = false;
};

}  // namespace azureml::transfer
