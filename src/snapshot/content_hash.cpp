#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "snapshot/file_reader.hpp"
#include "snapshot/lowercase.hpp"
#include "snapshot/snapshot.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace azureml::snapshot {

namespace {

constexpr std::size_t kPiece = 256 << 10;

/// The service orders by the Unicode lower case of the paths; those equal in it by their bytes.
std::vector<File const*> in_hash_order(std::vector<File> const& files) {
  std::vector<std::pair<std::string, File const*>> keyed;
  keyed.reserve(files.size());
  for (auto const& file : files) keyed.emplace_back(to_lower_unicode(file.path), &file);
  std::sort(keyed.begin(), keyed.end(), [](auto const& a, auto const& b) {
    return std::tie(a.first, a.second->path) < std::tie(b.first, b.second->path);
  });
  std::vector<File const*> ordered;
  ordered.reserve(files.size());
  for (auto const& [key, file] : keyed) ordered.push_back(file);
  return ordered;
}

}  // namespace

std::string content_hash(Plan const& plan, std::function<void(std::uint64_t, std::string const&)> const& on_bytes,
                         std::stop_token const& stop) {
  auto const files = in_hash_order(plan.files);
  auto digest = base::Digest::sha256();
  digest.update(std::to_string(files.size()));
  for (auto const* file : files) digest.update("#" + file->path + "#" + std::to_string(file->size));
  std::string buffer(kPiece, '\0');
  for (auto const* file : files) {
    FileReader reader(plan, *file);
    while (auto const got = reader.read(buffer)) {
      if (stop.stop_requested())
        throw core::make_error<StoppedError>("hashing '" + plan.root.string() + "' was stopped");
      digest.update(std::string_view(buffer).substr(0, got));
      if (on_bytes) on_bytes(got, file->path);
    }
    reader.check_unchanged();
  }
  return base::to_hex(digest.finish());
}

}  // namespace azureml::snapshot
