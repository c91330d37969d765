#include <azureml/run.hpp>

#include "api/artifact_listing.hpp"
#include "api/local_files.hpp"
#include "core/make_error.hpp"
#include "rest/errors.hpp"
#include "snapshot/file_reader.hpp"
#include "transfer/uploads.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace azureml {

namespace {

constexpr std::size_t kFaultsMax = 20;
constexpr std::size_t kFilesMax = 1'000'000;
constexpr std::size_t kNameShown = 200;

class Faults {
 public:
  void add(std::string field, std::string problem, std::string remedy) {
    if (faults_.size() < kFaultsMax) faults_.push_back({std::move(field), std::move(problem), std::move(remedy)});
  }
  /// Files that could not be downloaded again are not uploaded.
  void check_name(std::string const& field, std::string const& name) {
    if (auto const problem = transfer::name_fault(name); !problem.empty())
      add(field, "the name '" + rest::quotable(name, kNameShown) + "' cannot be that of a file of a run: " + problem,
          "give a relative name with forward slashes, such as outputs/model.pkl");
  }
  void throw_if_any() {
    if (!faults_.empty()) throw core::validation_error("nothing was uploaded: the choice of files", std::move(faults_));
  }

 private:
  std::vector<Fault> faults_{};
};

/// Looks at the files named, and at their names. Sorted by name. @throws ValidationError with every fault, at most 20
std::vector<api::LocalFile> look_at(std::vector<FileToUpload> const& files) {
  Faults faults;
  if (files.size() > kFilesMax)
    faults.add("files", "are more than " + std::to_string(kFilesMax), "upload them in several calls");
  faults.throw_if_any();
  std::vector<api::LocalFile> result;
  for (std::size_t index = 0; index < files.size(); ++index) {
    auto const& [name, path] = files[index];
    auto const field = "files[" + std::to_string(index) + "]";
    struct ::stat status {};
    faults.check_name(field, name);
    if (::stat(path.c_str(), &status) != 0)
      faults.add(field, "'" + path.string() + "': " + std::generic_category().message(errno), "check the path");
    else if (!S_ISREG(status.st_mode))
      faults.add(field, "'" + path.string() + "' is no file",
                 S_ISDIR(status.st_mode) ? "upload a folder with upload_folder" : "name a file");
    auto const identity = snapshot::identity_of(status);
    result.push_back({.name = name, .file = path, .size = identity.size, .identity = identity});
  }
  std::ranges::sort(result, {}, &api::LocalFile::name);
  for (std::size_t index = 1; index < result.size(); ++index)
    if (result[index].name == result[index - 1].name)
      faults.add("files", "have '" + result[index].name + "' twice", "give each file a name of its own");
  faults.throw_if_any();
  return result;
}

TransferReport upload(api::RunRecord const& record, api::LocalFiles const& files, UploadFilesOptions const& options,
                      http::Deadline const& deadline) {
  if (files.files.empty()) return {};
  std::vector<std::string> names;
  names.reserve(files.files.size());
  for (auto const& file : files.files) names.push_back(file.name);
  transfer::UploadSet const set{
      .count = files.files.size(), .bytes = files.bytes, .item = [&](std::size_t index) {
        auto const& file = files.files[index];
        return transfer::UploadItem{.blob = file.name, .file = file.file, .size = file.size, .identity = file.identity};
      }};
  api::WritableArtifacts addresses(api::artifacts_of(record, deadline.left()), std::move(names));
  return transfer::upload_files(record.workspace->connection.pipeline, addresses, set,
                                {.existing = transfer::Existing::refuse,
                                 .what = "upload files to run '" + record.id + "'",
                                 .on_progress = options.on_progress},
                                deadline.left());
}

}  // namespace

TransferReport Run::upload_file(std::string_view name, std::filesystem::path const& path,
                                UploadFilesOptions const& options, Context const& context) const {
  return upload_files({{.name = std::string(name), .path = path}}, options, context);
}

TransferReport Run::upload_files(std::vector<FileToUpload> const& files, UploadFilesOptions const& options,
                                 Context const& context) const {
  http::Deadline const deadline(context, state_->workspace->clock());
  api::LocalFiles set{.files = look_at(files)};
  for (auto const& file : set.files) set.bytes += file.size;
  return upload(*state_, set, options, deadline);
}

TransferReport Run::upload_folder(std::string_view name, std::filesystem::path const& path,
                                  UploadFilesOptions const& options, Context const& context) const {
  http::Deadline const deadline(context, state_->workspace->clock());
  // `outputs` and `outputs/` are the same folder; anything else that is wrong with the name is told with the files'
  // names.
  std::string prefix(name);
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  auto set = api::files_below(path, context.stop);
  Faults faults;
  for (auto& file : set.files) {
    file.file = set.path(file);
    file.name.insert(0, prefix);
    faults.check_name("name", file.name);
  }
  faults.throw_if_any();
  return upload(*state_, set, options, deadline);
}

}  // namespace azureml
