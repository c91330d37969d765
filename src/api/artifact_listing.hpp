#pragma once
#include "api/artifact_addresses.hpp"
#include "http/deadline.hpp"
#include "transfer/downloads.hpp"

#include <azureml/error.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::api {

/// `outputs/` of `outputs`, `outputs/`, `./outputs` and `outputs\`; nothing for all files.
std::string folder_prefix(std::string_view prefix);

/// Collects names that cannot become paths, to be told all at once.
class BadNames {
 public:
  /// True when the target is a path that stays beneath its directory.
  bool check(std::string const& name, std::string_view target);
  /// @throws ValidationError when there was one @param whose completes "the names of …"
  void refuse(std::string const& whose);

 private:
  std::vector<Fault> faults_{};
  std::size_t count_ = 0;
};

/// The files of a run below a prefix, page by page, as items to download. The first 10,000 names are looked at before
/// the first item is given, each further page before its first. For one thread at a time.
class ArtifactListing {
 public:
  struct Choice {
    std::string prefix{};  ///< Empty or ending with a slash.
    bool keep_prefix = true;
  };
  ArtifactListing(RunArtifacts run, Choice choice, ReadableArtifacts& addresses, http::Deadline const& deadline)
      : run_(std::move(run)), choice_(std::move(choice)), addresses_(addresses), deadline_(deadline) {}

  /// Fetches pages until 10,000 names are there, or all. @throws ValidationError naming those that cannot be paths
  void look_ahead();
  [[nodiscard]] bool is_empty() const noexcept { return is_whole() && waiting_.empty(); }
  /// All that there are, once the end has been seen; else 0.
  [[nodiscard]] std::size_t total() const noexcept { return is_whole() ? waiting_.size() : 0; }
  std::optional<transfer::DownloadItem> next();

 private:
  [[nodiscard]] bool is_whole() const noexcept { return started_ && continuation_.empty(); }
  void fetch_page(BadNames& bad);

  RunArtifacts run_;
  Choice choice_;
  ReadableArtifacts& addresses_;
  http::Deadline const& deadline_;
  std::deque<std::string> waiting_{};
  std::string continuation_{}, last_{};
  bool started_ = false;
};

}  // namespace azureml::api
