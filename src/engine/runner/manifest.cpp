#include "engine/runner/manifest.hpp"

#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "engine/runner/blob_address.hpp"
#include "engine/runner/run_data.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>

namespace azureml::engine::runner {
namespace {

using nlohmann::json;
constexpr std::size_t kPiece = 64 << 10;
constexpr std::size_t kLineMax = 16 << 10;

std::optional<ManifestLine> parse_line(std::string_view text) {
  auto const object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  try {
    ManifestLine line{.blob = {.container = object.at("container"),
                               .name = object.at("name"),
                               .content_type = "application/octet-stream",
                               .content_md5 = object.at("md5"),
                               .etag = object.at("etag"),
                               .size = object.at("size").get<std::uint64_t>()},
                      .inode = object.at("inode").get<std::uint64_t>(),
                      .modified_ns = object.at("modified_ns").get<std::int64_t>()};
    line.blob.modified = base::from_iso8601(object.at("time").get<std::string>()).value_or(store::TimePoint{});
    // The file lies where the script could write.
    if (!is_container_name(line.blob.container) || !blob_name_fault(line.blob.name).empty()) return std::nullopt;
    return line;
  } catch (json::exception const&) {
    return std::nullopt;
  }
}

/// Status of a file below a folder, reached through no link.
bool status_beneath(std::filesystem::path const& root, std::string const& name, struct stat& info) {
  base::UniqueFd folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  std::size_t begin = 0;
  for (auto slash = name.find('/'); folder && slash != std::string::npos; slash = name.find('/', begin)) {
    folder = base::UniqueFd(::openat(folder.get(), name.substr(begin, slash - begin).c_str(),
                                     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    begin = slash + 1;
  }
  return folder && ::fstatat(folder.get(), name.substr(begin).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(info.st_mode);
}

}  // namespace

std::string to_text(ManifestLine const& line) {
  json const object{{"container", line.blob.container},
                    {"name", line.blob.name},
                    {"size", line.blob.size},
                    {"md5", line.blob.content_md5},
                    {"etag", line.blob.etag},
                    {"time", base::to_iso8601(line.blob.modified)},
                    {"inode", line.inode},
                    {"modified_ns", line.modified_ns}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

ManifestPart read_manifest(std::filesystem::path const& manifest, std::uint64_t begin, std::uint64_t end,
                           std::size_t lines_max) {
  ManifestPart part{.next = begin};
  base::UniqueFd const file(::open(manifest.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return part;
  if (!file) throw std::system_error(errno, std::generic_category(), "cannot open '" + manifest.string() + "'");
  std::string pending;
  std::size_t taken = 0;
  for (auto at = begin; at < end && taken < lines_max;) {
    auto const old = pending.size();
    pending.resize(old + std::min<std::uint64_t>(kPiece, end - at));
    auto const count = ::pread(file.get(), pending.data() + old, pending.size() - old, static_cast<off_t>(at));
    pending.resize(old + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), "cannot read '" + manifest.string() + "'");
    if (count == 0) break;
    at += static_cast<std::uint64_t>(count);
    std::size_t line = 0;
    for (auto newline = pending.find('\n'); newline != std::string::npos && taken < lines_max;
         newline = pending.find('\n', line)) {
      if (auto read = parse_line(std::string_view(pending).substr(line, newline - line)))
        part.lines.push_back(*std::move(read));
      ++taken;
      part.next += newline + 1 - line;
      line = newline + 1;
    }
    pending.erase(0, line);
    if (pending.size() > kLineMax) break;  // no writer of ours
  }
  return part;
}

std::vector<store::BlobRecord> blobs_in_place(std::vector<ManifestLine> const& lines,
                                              std::filesystem::path const& blobs) {
  std::vector<store::BlobRecord> records;
  for (auto const& line : lines) {
    struct stat info {};
    if (!status_beneath(blobs / line.blob.container, line.blob.name, info)) continue;
    auto const modified = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
    if (info.st_ino == line.inode && modified == line.modified_ns &&
        static_cast<std::uint64_t>(info.st_size) == line.blob.size)
      records.push_back(line.blob);
  }
  return records;
}

}  // namespace azureml::engine::runner
