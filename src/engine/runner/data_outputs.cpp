#include "engine/runner/data_outputs.hpp"

#include "base/atomic_file.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/uuid.hpp"
#include "engine/runner/files.hpp"
#include "engine/runner/manifest.hpp"
#include "engine/runner/run_failure.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kBatchBytes = 1ULL << 30U;
constexpr std::size_t kFewFiles = 8;  ///< Beyond it one look at the whole file system is cheaper than one at each file.
constexpr std::size_t kWarningsMax = 20;
constexpr std::size_t kPiece = 1 << 20;
constexpr int kDepthMax = 64;
constexpr int kTriesMax = 8;

[[noreturn]] void throw_errno(std::string const& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string md5_of(int file, std::string const& what) {
  auto digest = base::Digest::md5();
  auto const buffer = std::make_unique<char[]>(kPiece);
  for (off_t at = 0;;) {
    auto const count = ::pread(file, buffer.get(), kPiece, at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("cannot read '" + what + "'");
    if (count == 0) return base::to_base64(digest.finish());
    digest.update({buffer.get(), static_cast<std::size_t>(count)});
    at += count;
  }
}

std::vector<std::string> sorted_names(fs::path const& folder) {
  std::vector<std::string> names;
  for (auto const& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

[[noreturn]] void conflict(std::string const& blob) {
  throw std::runtime_error(
      "'" + blob + "' cannot be a blob: a part of its name is a blob already, or it is the folder of other blobs");
}

/// Opens the folder of a blob below a container's, making it on the way. `made` gets the folders that have a new one in
/// them.
base::UniqueFd open_blob_folder(fs::path const& directory, std::string const& blob, std::set<fs::path>& made) {
  std::error_code ignored;
  fs::create_directories(directory.parent_path(), ignored);
  if (::mkdir(directory.c_str(), 0700) == 0) made.insert(directory.parent_path());
  auto path = directory;
  base::UniqueFd folder(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) throw_errno("cannot open '" + directory.string() + "'");
  std::size_t begin = 0;
  for (auto slash = blob.find('/'); slash != std::string::npos; slash = blob.find('/', begin)) {
    auto const step = blob.substr(begin, slash - begin);
    begin = slash + 1;
    base::UniqueFd next;
    // Whoever removes the last blob of a folder may remove the folder.
    for (int tries = 0; !next && tries < kTriesMax; ++tries) {
      if (::mkdirat(folder.get(), step.c_str(), 0700) == 0) {
        made.insert(path);
      } else if (errno != EEXIST) {
        throw_errno("cannot make the folder of '" + blob + "'");
      }
      next.reset(::openat(folder.get(), step.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!next && (errno == ENOTDIR || errno == ELOOP)) conflict(blob);
      if (!next && errno != ENOENT) throw_errno("cannot open the folder of '" + blob + "'");
    }
    if (!next) throw_errno("cannot open the folder of '" + blob + "'");
    folder = std::move(next);
    path /= step;
  }
  return folder;
}

}  // namespace

DataOutputs::DataOutputs(RunPaths paths, std::vector<DataOutput> const& outputs,
                         std::function<void(Batch const&)> stored, std::size_t batch_files)
    : paths_(std::move(paths)), outputs_(outputs), stored_(std::move(stored)), batch_files_(batch_files) {}

void DataOutputs::warn(std::string text) {
  if (warnings_.size() < kWarningsMax) warnings_.push_back(valid_utf8(text.substr(0, 500)));
}

void DataOutputs::fail(std::string const& output, fs::path const& file, std::string const& reason) {
  if (failure_.empty())
    failure_ = valid_utf8("a file of output '" + output + "' could not be stored: " + reason + " (it lies at '" +
                          file.string() + "')");
}

void DataOutputs::store_all() {
  for (auto const& output : outputs_) {
    if (output.kind == DataOutput::Kind::text) continue;
    std::error_code error;
    if (!fs::is_directory(fs::symlink_status(paths_.data_output(output.name), error))) continue;
    if (output.kind == DataOutput::Kind::file) {
      store_one(output, local_file_name(output.path));
    } else {
      store_folder(output, {}, 0);
    }
  }
  flush();
}

void DataOutputs::store_folder(DataOutput const& output, fs::path const& relative, int depth) {
  auto const root = paths_.data_output(output.name);
  if (depth > kDepthMax) return fail(output.name, root / relative, "the folder lies too deep");
  try {
    for (auto const& name : sorted_names(root / relative)) {
      auto const inside = relative / name;
      std::error_code error;
      auto const status = fs::symlink_status(root / inside, error);
      if (fs::is_directory(status)) {
        store_folder(output, inside, depth + 1);
      } else if (fs::is_symlink(status) && fs::is_directory(root / inside, error)) {
        warn("'" + inside.string() + "' of output '" + output.name + "' was not stored: it is a link to a folder");
      } else {
        take(output, inside, output.path.empty() ? inside.string() : output.path + "/" + inside.string());
      }
    }
  } catch (fs::filesystem_error const& error) {
    fail(output.name, root / relative, error.what());
  }
}

void DataOutputs::store_one(DataOutput const& output, fs::path const& relative) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(paths_.data_output(output.name) / relative, error)))
    return warn("output '" + output.name + "' was not written: the script has left no file at its path");
  take(output, relative, output.path);
}

base::UniqueFd DataOutputs::open_source(DataOutput const& output, fs::path const& relative, struct stat& info) const {
  auto const root = paths_.data_output(output.name);
  if (auto file = open_beneath(root, relative, info)) return file;
  std::error_code error;
  auto const real = fs::canonical(root / relative, error);
  auto const work = error ? fs::path() : fs::canonical(paths_.work(), error);
  return error ? base::UniqueFd{} : open_beneath(work, real.lexically_relative(work), info);
}

void DataOutputs::take(DataOutput const& output, fs::path const& relative, std::string const& blob) {
  auto const path = paths_.data_output(output.name) / relative;
  if (auto const fault = blob_name_fault(blob); !fault.empty())
    return fail(output.name, path, "its name cannot be a blob's: " + fault);
  try {
    struct stat info {};
    auto file = open_source(output, relative, info);
    if (!file)
      return warn("'" + relative.string() + "' of output '" + output.name +
                  "' was not stored: it is no file, or a link out of the run's folders");
    Waiting waiting{.source = path, .directory = output.directory, .blob = blob, .output = output.name};
    struct stat named {};
    bool const plain = ::lstat(path.c_str(), &named) == 0 && S_ISREG(named.st_mode) && named.st_ino == info.st_ino &&
                       info.st_nlink == 1;
    if (!plain) {
      // Whoever has the other name could still change the blob.
      fs::create_directories(paths_.scratch());
      waiting.source = paths_.scratch() / base::random_hex(16);
      waiting.temporary = true;
      auto copy = base::open_file(waiting.source, O_RDWR | O_CREAT | O_EXCL, 0600);
      copy_bytes(file.get(), 0, copy.get(), 0, std::numeric_limits<std::uint64_t>::max() / 4, path.string());
      file = std::move(copy);
      if (::fstat(file.get(), &info) != 0) throw_errno("cannot read '" + path.string() + "'");
    }
    ::fchmod(file.get(), 0600);
    waiting.size = static_cast<std::uint64_t>(info.st_size);
    waiting.line = to_text({.blob = {.container = output.container,
                                     .name = blob,
                                     .content_md5 = md5_of(file.get(), path.string()),
                                     .etag = "\"0x" + base::random_hex(16) + "\"",
                                     .size = waiting.size,
                                     .modified = std::chrono::system_clock::now()},
                            .inode = info.st_ino,
                            .modified_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec});
    waiting.file = std::move(file);
    waiting_bytes_ += waiting.size;
    waiting_.push_back(std::move(waiting));
  } catch (std::exception const& error) {
    return fail(output.name, path, error.what());
  }
  if (waiting_.size() >= batch_files_ || waiting_bytes_ >= kBatchBytes) flush();
}

void DataOutputs::make_durable() {
  if (waiting_.size() > kFewFiles) {
    if (::syncfs(manifest_.get()) == 0) return;
  }
  for (auto& waiting : waiting_)
    if (::fsync(waiting.file.get()) != 0) throw_errno("cannot write '" + waiting.source.string() + "'");
}

/// @returns where the first of them begins
std::uint64_t DataOutputs::append_lines() {
  auto end = ::lseek(manifest_.get(), 0, SEEK_END);
  std::string text;
  // A line that a death has torn is ended, so that the next one is whole.
  char last = '\n';
  if (end > 0 && ::pread(manifest_.get(), &last, 1, end - 1) == 1 && last != '\n') {
    text += '\n';
    ++end;
  }
  for (auto const& waiting : waiting_) text += waiting.line;
  base::write_all(manifest_.get(), text, paths_.manifest().string());
  return static_cast<std::uint64_t>(end);
}

void DataOutputs::put_in_place(Waiting& waiting) {
  try {
    auto const folder = open_blob_folder(waiting.directory, waiting.blob, changed_folders_);
    auto const name = waiting.blob.substr(waiting.blob.rfind('/') + 1);
    if (::renameat(AT_FDCWD, waiting.source.c_str(), folder.get(), name.c_str()) != 0) {
      if (errno == EISDIR || errno == ENOTDIR || errno == ENOTEMPTY || errno == EEXIST) conflict(waiting.blob);
      throw_errno("cannot put '" + waiting.blob + "' in place");
    }
    changed_folders_.insert((fs::path(waiting.directory) / waiting.blob).parent_path());
    ++files_;
    bytes_ += waiting.size;
    with_files_.insert(waiting.output);
  } catch (std::exception const& error) {
    fail(waiting.output, waiting.source, error.what());
  }
}

void DataOutputs::sync_folders() {
  auto const folders = std::exchange(changed_folders_, {});
  if (folders.size() > kFewFiles && ::syncfs(manifest_.get()) == 0) return;
  for (auto const& folder : folders) base::sync_directory(folder);
}

void DataOutputs::flush() {
  if (waiting_.empty()) return;
  if (!manifest_) manifest_ = base::open_file(paths_.manifest(), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
  Batch batch{.begin = append_lines()};
  batch.end = static_cast<std::uint64_t>(::lseek(manifest_.get(), 0, SEEK_END));
  make_durable();
  if (::fdatasync(manifest_.get()) != 0) throw_errno("cannot write '" + paths_.manifest().string() + "'");
  auto const before = files_;
  for (auto& waiting : waiting_) put_in_place(waiting);
  sync_folders();
  batch.files = files_ - before;
  waiting_.clear();
  waiting_bytes_ = 0;
  if (stored_) stored_(batch);
}

}  // namespace azureml::engine::runner
