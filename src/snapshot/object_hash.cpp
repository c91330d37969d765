#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "snapshot/file_reader.hpp"
#include "snapshot/hash_order.hpp"
#include "snapshot/hashes.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <string_view>
#include <system_error>

namespace azureml::snapshot {

namespace {

constexpr std::size_t kPiece = 256 << 10;
/// What the Python SDK begins with, so that a new way of hashing names another folder.
constexpr std::string_view kBegin = "Initialize for october 2021 AML CLI version";

class ObjectHash {
 public:
  ObjectHash(BytesHandler const& on_bytes, std::stop_token const& stop) : on_bytes_(on_bytes), stop_(stop) {
    digest_.update(kBegin);
  }

  void add_name(std::string_view name) { digest_.update(name); }

  void add_content(FileReader& reader, std::uint64_t size, std::string const& path) {
    for (std::uint64_t position = 0; position < size;) {
      if (stop_.stop_requested()) throw core::make_error<StoppedError>("hashing '" + path + "' was stopped");
      auto const got = reader.read(buffer_);
      digest_.update(std::string_view(buffer_).substr(0, got));
      position += got;
      if (on_bytes_) on_bytes_(got, path);
    }
    reader.check_unchanged();
  }

  std::string finish() { return base::to_hex(digest_.finish()); }

 private:
  BytesHandler const& on_bytes_;
  std::stop_token const& stop_;
  base::Digest digest_ = base::Digest::sha256();
  std::string buffer_ = std::string(kPiece, '\0');
};

/// Adds the names of the folders that `path` enters and `before` has not, then that of the file.
void add_new_names(ObjectHash& hash, std::string_view before, std::string_view path) {
  auto const shorter = std::min(before.size(), path.size());
  auto const common = static_cast<std::size_t>(
      std::mismatch(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(shorter), before.begin()).first -
      path.begin());
  auto const slash = common == 0 ? std::string_view::npos : path.rfind('/', common - 1);
  for (auto begin = slash == std::string_view::npos ? 0 : slash + 1; begin < path.size();) {
    auto const end = std::min(path.find('/', begin), path.size());
    hash.add_name(path.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

std::string object_hash(Plan const& plan, BytesHandler const& on_bytes, std::stop_token const& stop) {
  std::vector<std::uint32_t> order(plan.files.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&plan](std::uint32_t a, std::uint32_t b) {
    return a != b && object_before(plan.files[a].path, plan.files[b].path);
  });
  ObjectHash hash(on_bytes, stop);
  std::string_view before;
  for (auto const index : order) {
    if (stop.stop_requested()) throw core::make_error<StoppedError>("hashing '" + plan.root.string() + "' was stopped");
    auto const& file = plan.files[index];
    add_new_names(hash, before, file.path);
    before = file.path;
    FileReader reader(plan, file);
    hash.add_content(reader, file.size, file.path);
  }
  return hash.finish();
}

std::string object_hash(std::filesystem::path const& file, BytesHandler const& on_bytes, std::stop_token const& stop) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0)
    throw core::make_error<FileError>("cannot read '" + file.string() + "': " + std::generic_category().message(errno));
  auto const identity = identity_of(status);
  FileReader reader(file, identity.size, identity);
  ObjectHash hash(on_bytes, stop);
  hash.add_content(reader, identity.size, file.string());
  return hash.finish();
}

}  // namespace azureml::snapshot
