// What the database says of stored files, against the files.
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/unique_fd.hpp"
#include "engine/front/home_check_state.hpp"
#include "engine/routes/blob_common.hpp"
#include "engine/routes/files.hpp"
#include "engine/runner/blob_address.hpp"

#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>

namespace azureml::engine::front {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kRunPrefix = "ExperimentRun/dcid.";
constexpr std::size_t kPiece = 256 << 10;
constexpr char kRestore[] = "restore the file from a copy, or upload it again";

std::string md5_of(HomeCheck const& check, int file, fs::path const& path) {
  auto digest = base::Digest::md5();
  std::string piece(kPiece, '\0');
  for (;;) {
    check.go_on();
    auto const count = ::read(file, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), "cannot read '" + path.string() + "'");
    if (count == 0) return base::to_base64(digest.finish());
    digest.update(std::string_view(piece).substr(0, static_cast<std::size_t>(count)));
  }
}

struct Place {
  fs::path root{};
  std::string file{};
  bool artifact = false;
};

Place place_of(store::Home const& home, store::BlobRecord const& blob) {
  if (blob.container != routes::kArtifactContainer) return {home.blobs() / blob.container, blob.name, false};
  auto const slash = blob.name.starts_with(kRunPrefix) ? blob.name.find('/', kRunPrefix.size()) : std::string::npos;
  if (slash == std::string::npos) return {home.blobs() / blob.container, blob.name, true};
  return {home.artifacts(blob.name.substr(kRunPrefix.size(), slash - kRunPrefix.size())), blob.name.substr(slash + 1), true};
}

/// What is wrong with the file of a record; nothing when it is as the record says.
std::optional<Finding> judge(HomeCheck const& check, store::BlobRecord const& blob) {
  auto const place = place_of(check.home, blob);
  auto const path = place.root / place.file;
  auto const file = routes::open_beneath(place.root, place.file);
  if (!file) return Finding{place.artifact ? "artifact-missing" : "blob-missing", path.string(), "the database knows this file, but it is not there", kRestore};
  // A run may have written such a file anew: then the record is of what was there before.
  if (place.artifact && file->etag != blob.etag) return std::nullopt;
  if (file->size != blob.size)
    return Finding{"blob-size", path.string(), "it has " + std::to_string(file->size) + " bytes, the database says " + std::to_string(blob.size), kRestore};
  if (!check.options.checksums || blob.content_md5.empty()) return std::nullopt;
  try {
    if (md5_of(check, file->file->get(), path) == blob.content_md5) return std::nullopt;
    return Finding{"blob-checksum", path.string(), "its bytes are not those that its MD5 in the database is of", kRestore};
  } catch (std::system_error const& fault) {
    return Finding{"blob-unreadable", path.string(), fault.what(), kRestore};
  }
}

}  // namespace

void HomeCheck::check_blobs(store::StoreView& view) {
  view.each_blob([&](store::BlobRecord const& blob) {
    go_on();
    auto finding = judge(*this, blob);
    if (finding && live()) {
      // The engine may have been in the middle of replacing it.
      options.settle();
      auto const now = view.find_blob(blob.container, blob.name);
      finding = now ? judge(*this, *now) : std::nullopt;
    }
    if (finding) add(finding->kind, finding->path, finding->problem, finding->remedy);
  });
}

void HomeCheck::check_snapshots(store::StoreView& view) {
  view.each_code([&](store::StoreView::Code const& code) {
    auto const place = runner::own_blob_address(code.uri, {});
    if (place && !view.has_blobs(place->container, place->path))
      add("snapshot-missing", home.blobs() / place->container / place->path, "no file is left of the code '" + code.name + "', version '" + code.version + "'",
          "restore the folder and the database from one copy, or submit from the source directory again");
  });
}

/// Files that no record speaks of.
void HomeCheck::check_orphans(store::StoreView& view) {
  for (auto const& container : names_in(home.blobs())) {
    if (container == ".staging") continue;
    auto const root = home.blobs() / container;
    std::error_code error;
    for (fs::recursive_directory_iterator at{root, fs::directory_options::none, error}, end; !error && at != end; at.increment(error)) {
      if (at->symlink_status(error).type() == fs::file_type::directory) continue;
      auto const name = at->path().lexically_relative(root).string();
      if (view.find_blob(container, name) || arriving.contains({container, name})) continue;
      if (live()) {
        options.settle();
        std::error_code gone;
        if (view.find_blob(container, name) || !fs::exists(fs::symlink_status(at->path(), gone))) continue;
      }
      add("blob-orphan", at->path(), "the database knows no such blob", "remove it with: azureml engine gc");
    }
  }
}

}  // namespace azureml::engine::front
