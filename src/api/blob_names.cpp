#include "api/blob_names.hpp"

#include "core/make_error.hpp"
#include "rest/errors.hpp"

#include <algorithm>

namespace azureml::api {

namespace {

constexpr std::size_t kFaultsMax = 20;

}  // namespace

void BlobNames::add(transfer::BlobInfo const& blob) {
  // Tools that know no folders mark them by an empty blob whose name ends with a slash.
  if (blob.is_folder || (blob.size == 0 && blob.name.ends_with('/'))) return;
  if (rows_.size() == kCountMax)
    throw core::validation_error("cannot " + what_,
                                 {{.field = "prefix",
                                   .problem = "more than 1,000,000 blobs have it",
                                   .remedy = "download them in several calls, each with a longer prefix"}});
  Row row{.start = text_.size(),
          .size = blob.size,
          .name_size = static_cast<std::uint32_t>(blob.name.size()),
          .etag_size = static_cast<std::uint32_t>(blob.etag.size())};
  row.has_md5 = blob.md5.size() == row.md5.size();
  if (row.has_md5) std::ranges::copy(blob.md5, row.md5.begin());
  text_.append(blob.name).append(blob.etag);
  rows_.push_back(row);
}

void BlobNames::finish() {
  // The server's order is not relied upon: the check for folders needs one.
  std::ranges::sort(rows_, {}, [this](Row const& row) { return name(row); });
  std::vector<Row> kept;
  kept.reserve(rows_.size());
  for (auto const& row : rows_) {
    if (auto const problem = transfer::name_fault(name(row)); !problem.empty()) {
      fault(name(row), problem, "download the others with a prefix that leaves it out");
    } else if (!is_folder(row)) {
      kept.push_back(row);
      bytes_ += row.size;
    } else if (row.size > 0) {
      fault(name(row), "it has content, and there are blobs below it, so that it would have to be a file and a folder",
            "download them in two calls, into two folders");
    }
  }
  rows_ = std::move(kept);
  if (!faults_.empty()) throw core::validation_error("cannot " + what_, std::move(faults_));
}

bool BlobNames::is_folder(Row const& row) const {
  auto const prefix = std::string(name(row)) + "/";
  auto const below =
      std::ranges::lower_bound(rows_, std::string_view(prefix), {}, [this](Row const& other) { return name(other); });
  return below != rows_.end() && name(*below).starts_with(prefix);
}

transfer::DownloadItem BlobNames::item(std::size_t index) const {
  auto const& row = rows_.at(index);
  std::string const text(name(row));
  return {.blob = text,
          .target = text,
          .size = row.size,
          .md5 = row.has_md5 ? std::string(row.md5.begin(), row.md5.end()) : std::string{},
          .etag = text_.substr(row.start + row.name_size, row.etag_size)};
}

void BlobNames::fault(std::string_view name, std::string problem, std::string remedy) {
  if (faults_.size() < kFaultsMax)
    faults_.push_back({.field = "blob '" + rest::quotable(name, 400) + "'",
                       .problem = std::move(problem),
                       .remedy = std::move(remedy)});
}

}  // namespace azureml::api
