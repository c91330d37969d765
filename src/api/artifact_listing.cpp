#include "api/artifact_listing.hpp"

#include "core/make_error.hpp"
#include "rest/errors.hpp"

#include <algorithm>

namespace azureml::api {

namespace {

constexpr std::size_t kAhead = 10'000;
constexpr std::size_t kFaultsMax = 10;
constexpr std::size_t kNameShown = 200;

}  // namespace

std::string folder_prefix(std::string_view prefix) {
  std::string folder(prefix);
  std::replace(folder.begin(), folder.end(), '\\', '/');
  while (folder.starts_with("./")) folder.erase(0, 2);
  folder.erase(0, folder.find_first_not_of('/'));
  if (folder == ".") folder.clear();
  if (!folder.empty() && !folder.ends_with('/')) folder += '/';
  return folder;
}

bool BadNames::check(std::string const& name, std::string_view target) {
  auto problem = transfer::name_fault(target);
  if (problem.empty()) return true;
  if (++count_ <= kFaultsMax) {
    faults_.push_back({.field = "'" + rest::quotable(name, kNameShown) + "'",
                       .problem = std::move(problem),
                       .remedy = "download it alone, to a path of your choice"});
  }
  return false;
}

void BadNames::refuse(std::string const& whose) {
  if (count_ == 0) return;
  if (count_ > kFaultsMax)
    faults_.push_back({.field = std::to_string(count_ - kFaultsMax) + " more",
                       .problem = "cannot be paths on this machine",
                       .remedy = "the same"});
  throw core::validation_error("nothing was downloaded: the names of " + whose, std::move(faults_));
}

void ArtifactListing::fetch_page(BadNames& bad) {
  auto page = rest::list_artifact_addresses(run_.connection(), run_.api, run_.run_id, choice_.prefix, continuation_,
                                            deadline_.left());
  // A server may take the prefix for the beginning of a text, or not at all.
  std::erase_if(page.items, [&](auto const& item) { return !item.path.starts_with(choice_.prefix); });
  addresses_.know(page.items);
  for (auto& item : page.items) {
    // A file that is added meanwhile can bring the end of a page again at the beginning of the next.
    if (item.path == last_) continue;
    last_ = item.path;
    auto const target = std::string_view(item.path).substr(choice_.keep_prefix ? 0 : choice_.prefix.size());
    if (bad.check(item.path, target)) waiting_.push_back(std::move(item.path));
  }
  continuation_ = std::move(page.next);
  started_ = true;
}

void ArtifactListing::look_ahead() {
  BadNames bad;
  while (!is_whole() && waiting_.size() < kAhead) fetch_page(bad);
  bad.refuse("files of run '" + run_.run_id + "'");
}

std::optional<transfer::DownloadItem> ArtifactListing::next() {
  BadNames bad;
  while (waiting_.empty() && !is_whole()) fetch_page(bad);
  bad.refuse("files of run '" + run_.run_id + "'");
  if (waiting_.empty()) return {};
  auto name = std::move(waiting_.front());
  waiting_.pop_front();
  auto target = name.substr(choice_.keep_prefix ? 0 : choice_.prefix.size());
  return transfer::DownloadItem{.blob = std::move(name), .target = std::move(target)};
}

}  // namespace azureml::api
