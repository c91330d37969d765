#include <azureml/datastore.hpp>

#include "api/blob_names.hpp"
#include "api/containers.hpp"
#include "api/local_files.hpp"
#include "core/make_error.hpp"
#include "transfer/downloads.hpp"
#include "transfer/uploads.hpp"

#include <optional>

namespace azureml {

namespace api {

namespace {

std::string upload_words(rest::DatastoreResource const& datastore) {
  return "upload to the datastore '" + datastore.name + "'";
}

/// The folder that `options` mean. @throws ValidationError
std::string checked_folder(rest::DatastoreResource const& datastore, UploadOptions const& options) {
  auto const what = upload_words(datastore);
  require_blobs(datastore, what);
  core::Faults faults;
  auto folder = target_folder(options.target_path, faults);
  if (!faults.empty()) throw core::validation_error("cannot " + what, faults.take());
  return folder;
}

DataReference send(WorkspacePtr const& workspace, rest::DatastoreResource const& datastore, LocalFiles const& files,
                   std::string const& folder, UploadOptions const& options, Deadline const& deadline) {
  auto const what = upload_words(datastore);
  auto const prefix = folder.empty() ? std::string{} : folder + "/";
  TransferReport report;
  if (!files.files.empty()) {
    auto const addresses = open_container(workspace, datastore, what, deadline);
    transfer::UploadSet const set{
        .count = files.files.size(), .bytes = files.bytes, .item = [&](std::size_t index) {
          auto const& file = files.files[index];
          return transfer::UploadItem{
              .blob = prefix + file.name, .file = files.path(file), .size = file.size, .identity = file.identity};
        }};
    report =
        transfer::upload_files(workspace->connection.pipeline, *addresses, set,
                               {.existing = options.overwrite ? transfer::Existing::replace : transfer::Existing::skip,
                                .what = what,
                                .on_progress = options.on_progress},
                               deadline.next(what));
  }
  workspace->logger.info("uploaded " + std::to_string(report.files) + " files (" + std::to_string(report.bytes) +
                         " bytes) to '" + folder + "' of the datastore '" + datastore.name + "'; " +
                         std::to_string(report.skipped) + " were there already");
  if (options.on_report) options.on_report(report);
  return {.datastore = datastore.name, .path_on_datastore = folder};
}

}  // namespace

}  // namespace api

DataReference Datastore::upload(std::filesystem::path const& src_dir, UploadOptions const& options,
                                Context const& context) const {
  api::Deadline const deadline(context, state_->workspace->clock());
  auto const folder = api::checked_folder(state_->resource, options);
  if (!options.relative_root.empty())
    throw core::validation_error("cannot " + api::upload_words(state_->resource),
                                 {{.field = "relative_root",
                                   .problem = "a folder's files keep their path below it",
                                   .remedy = "use upload_files, or leave it out"}});
  return api::send(state_->workspace, state_->resource, api::files_below(src_dir, context.stop), folder, options,
                   deadline);
}

DataReference Datastore::upload_files(std::vector<std::filesystem::path> const& files, UploadOptions const& options,
                                      Context const& context) const {
  api::Deadline const deadline(context, state_->workspace->clock());
  auto const folder = api::checked_folder(state_->resource, options);
  return api::send(state_->workspace, state_->resource, api::files_named(files, options.relative_root), folder, options,
                   deadline);
}

TransferReport Datastore::download(std::filesystem::path const& target_path, DatastoreDownloadOptions const& options,
                                   Context const& context) const {
  auto const& workspace = state_->workspace;
  auto const& pipeline = workspace->connection.pipeline;
  auto const what = "download from the datastore '" + name() + "'";
  api::Deadline const deadline(context, workspace->clock());
  auto const addresses = api::open_container(workspace, state_->resource, what, deadline);
  api::BlobNames names(what);
  transfer::list_blobs(
      pipeline, *addresses, options.prefix, [&](transfer::BlobInfo&& blob) { return names.add(blob), true; },
      deadline.next(what));
  names.finish();
  if (names.count() == 0) return {};
  std::size_t index = 0;
  auto const next = [&]() -> std::optional<transfer::DownloadItem> {
    if (index == names.count()) return std::nullopt;
    return names.item(index++);
  };
  return transfer::download_files(pipeline, *addresses, target_path, next,
                                  {.overwrite = options.overwrite,
                                   .files = names.count(),
                                   .bytes = names.bytes(),
                                   .what = what,
                                   .on_progress = options.on_progress},
                                  deadline.next(what));
}

}  // namespace azureml
