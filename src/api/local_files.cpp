#include "api/local_files.hpp"

#include "core/make_error.hpp"
#include "core/names.hpp"
#include "rest/errors.hpp"
#include "snapshot/file_reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

namespace azureml::api {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 1'000'000;
constexpr std::size_t kFaultsMax = 20;
constexpr std::size_t kDepthMax = 256;
constexpr std::size_t kNameMax = 1024;  // of the service, in characters
constexpr std::size_t kPartsMax = 254;

std::string quoted(fs::path const& path) {
  return "'" + rest::quotable(path.string(), 400) + "'";
}

/// What lies at a path, links followed; an error's number when nothing does.
struct Status {
  struct ::stat value {};
  int error = 0;
};
Status status_of(fs::path const& path) {
  Status status;
  if (::stat(path.c_str(), &status.value) != 0) status.error = errno;
  return status;
}

char const* kind_name(::mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

fs::path without_slash(fs::path path) {
  return path.has_filename() || !path.has_parent_path() || path == path.root_path() ? path : path.parent_path();
}

fs::path normal(fs::path const& path) {
  return without_slash(fs::absolute(path).lexically_normal());
}

class FaultList {
 public:
  void add(std::string field, std::string problem, std::string remedy) {
    if (faults_.size() < kFaultsMax) faults_.push_back({std::move(field), std::move(problem), std::move(remedy)});
  }
  [[nodiscard]] bool full() const { return faults_.size() == kFaultsMax; }
  void throw_if_any(std::string const& subject) {
    if (!faults_.empty()) throw core::validation_error(subject, std::move(faults_));
  }

 private:
  std::vector<Fault> faults_{};
};

class FolderWalk {
 public:
  FolderWalk(fs::path const& folder, std::stop_token const& stop) : stop_(stop) { files_.root = normal(folder); }

  LocalFiles run() {
    auto const status = status_of(files_.root);
    if (status.error != 0)
      fault(files_.root, std::generic_category().message(status.error), "name a folder of this machine");
    else if (!S_ISDIR(status.value.st_mode))
      fault(files_.root, "it is no folder", "upload single files with upload_files");
    else
      visit(files_.root, "", status.value);
    faults_.throw_if_any("the folder " + quoted(files_.root) + " cannot be uploaded");
    std::ranges::sort(files_.files, {}, &LocalFile::name);
    return std::move(files_);
  }

 private:
  void fault(fs::path const& path, std::string const& problem, std::string remedy) {
    faults_.add("src_dir", quoted(path) + ": " + problem, std::move(remedy));
  }

  void visit(fs::path const& folder, std::string const& prefix, struct ::stat const& status) {
    auto const id = std::pair(status.st_dev, status.st_ino);
    if (std::ranges::find(above_, id) != above_.end())
      return fault(folder, "is a link to a folder it lies in", "remove the link");
    if (above_.size() == kDepthMax) return fault(folder, "lies more than 256 folders deep", "move it up");
    above_.push_back(id);
    for (auto const& name : names_in(folder)) {
      if (stop_.stop_requested())
        throw core::make_error<StoppedError>("looking at the files of " + quoted(files_.root) +
                                             " was stopped; nothing was sent");
      if (faults_.full()) break;
      take(folder / name, prefix + name);
    }
    above_.pop_back();
  }

  std::vector<std::string> names_in(fs::path const& folder) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(folder, error), end;
    while (!error && entry != end) {
      names.push_back(entry->path().filename().string());
      entry.increment(error);
    }
    if (error) fault(folder, error.message(), "make it readable");
    return names;
  }

  void take(fs::path const& path, std::string const& name) {
    auto const status = status_of(path);
    if (status.error != 0)
      return fault(path, std::generic_category().message(status.error),
                   "remove it when it is a link to nothing, or make it readable");
    auto const mode = status.value.st_mode;
    if (S_ISDIR(mode)) return visit(path, name + "/", status.value);
    if (!S_ISREG(mode)) return fault(path, std::string("it is ") + kind_name(mode), "move it elsewhere");
    if (auto const problem = blob_name_fault(name); !problem.empty())
      return fault(path, "the name " + problem, "rename it");
    if (files_.files.size() == kFilesMax) return too_many();
    auto const identity = snapshot::identity_of(status.value);
    files_.files.push_back({.name = name, .size = identity.size, .identity = identity});
    files_.bytes += identity.size;
  }

  void too_many() {
    if (!std::exchange(overflow_, true))
      fault(files_.root, "there are more than 1,000,000 files below it", "upload its folders one by one");
  }

  std::stop_token const& stop_;
  LocalFiles files_{};
  FaultList faults_{};
  std::vector<std::pair<::dev_t, ::ino_t>> above_{};
  bool overflow_ = false;
};

fs::path common_folder(std::vector<fs::path> const& files) {
  auto common = files.front().parent_path();
  for (auto const& file : files) {
    auto const folder = file.parent_path();
    fs::path shared;
    for (auto a = common.begin(), b = folder.begin(); a != common.end() && b != folder.end() && *a == *b; ++a, ++b)
      shared /= *a;
    common = std::move(shared);
  }
  return common;
}

/// The path of a file below a folder, part by part; nothing when it is not there.
std::optional<std::string> name_below(fs::path const& file, fs::path const& root) {
  auto part = file.begin();
  for (auto const& of_root : root) {
    if (part == file.end() || *part != of_root) return std::nullopt;
    ++part;
  }
  fs::path name;
  for (; part != file.end(); ++part) name /= *part;
  return name.generic_string();
}

}  // namespace

LocalFiles files_below(fs::path const& folder, std::stop_token const& stop) {
  return FolderWalk(folder, stop).run();
}

LocalFiles files_named(std::vector<fs::path> const& files, fs::path const& root) {
  std::string const subject = "the files cannot be uploaded";
  FaultList faults;
  if (files.empty()) faults.add("files", "none is given", "name at least one");
  if (files.size() > kFilesMax) faults.add("files", "there are more than 1,000,000", "upload them in several calls");
  faults.throw_if_any(subject);
  std::vector<fs::path> absolute;
  for (auto const& file : files) absolute.push_back(normal(file));
  LocalFiles result{.root = root.empty() ? common_folder(absolute) : normal(root)};
  for (std::size_t index = 0; index < files.size() && !faults.full(); ++index) {
    auto const field = "files[" + std::to_string(index) + "]";
    auto const status = status_of(files[index]);
    if (status.error != 0) {
      faults.add(field, quoted(files[index]) + ": " + std::generic_category().message(status.error),
                 "name a file of this machine");
    } else if (!S_ISREG(status.value.st_mode)) {
      faults.add(field, quoted(files[index]) + " is " + kind_name(status.value.st_mode), "upload a folder with upload");
    } else if (auto const name = name_below(absolute[index], result.root); !name) {
      faults.add(field, quoted(files[index]) + " does not lie below relative_root " + quoted(result.root),
                 "give a folder that holds all files, or none");
    } else if (auto const problem = blob_name_fault(*name); !problem.empty()) {
      faults.add(field, quoted(files[index]) + ": the name " + problem, "rename it");
    } else {
      auto const identity = snapshot::identity_of(status.value);
      result.files.push_back(
          {.name = *name, .file = fs::absolute(files[index]), .size = identity.size, .identity = identity});
    }
  }
  faults.throw_if_any(subject);
  std::ranges::sort(result.files, {}, &LocalFile::name);
  auto const twice = std::ranges::unique(result.files, {}, &LocalFile::name);
  result.files.erase(twice.begin(), twice.end());
  for (auto const& file : result.files) result.bytes += file.size;
  return result;
}

std::string target_folder(std::string_view target_path, core::Faults& faults) {
  auto const start = target_path.find_first_not_of("./");
  auto const path = start == std::string_view::npos ? std::string_view{} : target_path.substr(start);
  if (!core::is_datastore_path(path)) {
    faults.add("target_path", "'" + rest::quotable(target_path, 400) + "' is not a path on a datastore",
               "write folders with '/', without '..', '\\', '?' and '#'");
  }
  return core::normal_datastore_path(path);
}

std::string blob_name_fault(std::string_view name) {
  if (!core::is_plain_text(name)) return "is not in UTF-8";
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return "has a control character";
  if (name.find('\\') != std::string_view::npos) return "has a backslash, which storage takes for a slash";
  auto const characters =
      std::ranges::count_if(name, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (static_cast<std::size_t>(characters) > kNameMax) return "is longer than 1,024 characters";
  if (static_cast<std::size_t>(std::ranges::count(name, '/')) >= kPartsMax) return "has more than 254 parts";
  return {};
}

}  // namespace azureml::api
