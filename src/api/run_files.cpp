#include <azureml/run.hpp>

#include "api/artifact_listing.hpp"
#include "core/make_error.hpp"

#include <algorithm>
#include <memory>

namespace azureml {

namespace {

std::filesystem::path destination(std::string_view name, std::filesystem::path const& wanted) {
  auto const base_name = std::filesystem::path(name).filename();
  if (wanted.empty()) return base_name;
  std::error_code ignored;
  bool const folder = !wanted.has_filename() || std::filesystem::is_directory(wanted, ignored);
  return folder ? wanted / base_name : wanted;
}

/// Any name of the service's may be asked for, but its last part becomes a name on this machine when no path is given.
void check_artifact_name(std::string_view name) {
  auto const base_name = name.substr(name.rfind('/') + 1);
  bool const names_file =
      !name.empty() && name.front() != '/' && !base_name.empty() && base_name != "." && base_name != "..";
  if (names_file && name.find('\0') == std::string_view::npos) return;
  throw core::validation_error("the name",
                               {{.field = "name",
                                 .problem = "'" + std::string(name) + "' names no file",
                                 .remedy = "give one as get_file_names() lists it, such as outputs/model.pkl"}});
}

/// Each once.
std::vector<std::string> unique_names(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

transfer::NextDownload each_of(std::vector<std::string> names, std::string const& run_id) {
  api::BadNames bad;
  for (auto const& name : names) bad.check(name, name);
  bad.refuse("files of run '" + run_id + "'");
  return [names = std::move(names), at = std::size_t{0}]() mutable -> std::optional<transfer::DownloadItem> {
    if (at == names.size()) return {};
    auto const& name = names[at++];
    return transfer::DownloadItem{.blob = name, .target = name};
  };
}

}  // namespace

Pager<std::string> Run::get_file_names(std::string_view prefix, Context const& context) const {
  auto deadline = std::make_shared<http::Deadline const>(context, state_->workspace->clock());
  return Pager<std::string>(
      [state = state_, folder = api::folder_prefix(prefix), deadline](std::string const& continuation) {
        auto const run = api::artifacts_of(*state, deadline->left());
        auto artifacts =
            rest::list_artifacts(run.connection(), run.api, run.run_id, folder, continuation, deadline->left());
        Pager<std::string>::Page page{.next = std::move(artifacts.next)};
        for (auto& artifact : artifacts.items)
          if (artifact.path.starts_with(folder)) page.items.push_back(std::move(artifact.path));
        return page;
      });
}

std::filesystem::path Run::download_file(std::string_view name, std::filesystem::path const& output_file_path,
                                         Context const& context) const {
  return download_file(name, output_file_path, DownloadFileOptions{}, context);
}

std::filesystem::path Run::download_file(std::string_view name, std::filesystem::path const& output_file_path,
                                         DownloadFileOptions const& options, Context const& context) const {
  check_artifact_name(name);
  http::Deadline const deadline(context, state_->workspace->clock());
  auto target = destination(name, output_file_path);
  api::ReadableArtifacts addresses(api::artifacts_of(*state_, deadline.left()));
  auto const report =
      transfer::download_file(state_->workspace->connection.pipeline, addresses, std::string(name), target,
                              {.overwrite = options.overwrite,
                               .files = 1,
                               .what = "download file '" + std::string(name) + "' of run '" + id() + "'",
                               .on_progress = options.on_progress},
                              deadline.left());
  if (options.on_report) options.on_report(report);
  return target;
}

TransferReport Run::download_files(DownloadFilesOptions const& options, Context const& context) const {
  auto const prefix = api::folder_prefix(options.prefix);
  if (!prefix.empty() && !options.names.empty())
    throw core::validation_error("the choice of files",
                                 {{.field = "names",
                                   .problem = "are given beside a prefix",
                                   .remedy = "give the names alone, as get_file_names() lists them"}});
  http::Deadline const deadline(context, state_->workspace->clock());
  auto const run = api::artifacts_of(*state_, deadline.left());
  api::ReadableArtifacts addresses(run);
  api::ArtifactListing listing(run, {.prefix = prefix, .keep_prefix = options.append_prefix}, addresses, deadline);
  transfer::DownloadOptions transfer_options{.overwrite = options.overwrite,
                                             .what = "download files of run '" + id() + "'",
                                             .on_progress = options.on_progress};
  transfer::NextDownload next;
  if (!options.names.empty()) {
    auto names = unique_names(options.names);
    transfer_options.files = names.size();
    next = each_of(std::move(names), id());
  } else {
    listing.look_ahead();
    if (listing.is_empty() && !prefix.empty())
      throw api::no_such_file(run, "file below '" + prefix + "'", nullptr, deadline.left());
    transfer_options.files = listing.total();
    next = [&listing] { return listing.next(); };
  }
  auto const directory = options.output_directory.empty() ? std::filesystem::path(".") : options.output_directory;
  return transfer::download_files(state_->workspace->connection.pipeline, addresses, directory, next, transfer_options,
                                  deadline.left());
}

}  // namespace azureml
