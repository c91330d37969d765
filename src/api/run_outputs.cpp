#include <azureml/run.hpp>

#include "api/blob_folder.hpp"
#include "core/make_error.hpp"

#include <optional>

namespace azureml {

namespace {

constexpr char kDefaultOutput[] = "default";  ///< The service's name for the run's own files.
constexpr int kStepsMax = 4;

/// Name and version of `azureml:{name}:{version}` or `…/data/{name}/versions/{version}`.
std::optional<std::pair<std::string, std::string>> read_asset(std::string_view uri) {
  constexpr std::string_view kShort = "azureml:", kData = "/data/", kVersions = "/versions/";
  if (uri.starts_with("azureml://")) return {};
  if (uri.starts_with(kShort)) {
    auto const rest = uri.substr(kShort.size());
    auto const end = rest.find_last_of(":@");
    if (end == std::string_view::npos || end == 0) return {};
    return std::pair(std::string(rest.substr(0, end)), std::string(rest.substr(end)));
  }
  auto const data = uri.rfind(kData), versions = uri.rfind(kVersions);
  if (data == std::string_view::npos || versions == std::string_view::npos || versions < data + kData.size()) return {};
  return std::pair(std::string(uri.substr(data + kData.size(), versions - data - kData.size())),
                   ":" + std::string(uri.substr(versions + kVersions.size())));
}

/// Finds out where an output of a run lies.
class OutputSearch {
 public:
  OutputSearch(api::RunRecord const& run, std::string const& output, std::string const& what,
               api::Deadline const& deadline)
      : run_(run), output_(output), what_(what), deadline_(deadline) {}

  api::DatastorePlace find(rest::JobOutput const& output) {
    auto uri = output.uri;
    if (uri.empty()) uri = registered();
    // Without an address of its own an output goes where the service puts it.
    if (uri.empty()) return {.datastore = default_datastore(), .path = "azureml/" + run_.id + "/" + output_ + "/"};
    for (int step = 0; step < kStepsMax; ++step) {
      if (auto place = api::read_datastore_uri(uri, *run_.workspace)) return *std::move(place);
      auto next = resolve(uri);
      if (next.empty() || next == uri) break;
      uri = std::move(next);
    }
    throw core::make_error<ServiceError>(
        "cannot " + what_ + ": it lies at '" + uri +
        "', and only what lies on a datastore of the workspace can be downloaded here");
  }

 private:
  [[nodiscard]] rest::Connection const& connection() const { return run_.workspace->connection; }
  [[nodiscard]] Context next() const { return deadline_.next(what_); }
  [[nodiscard]] std::string api() const { return run_.workspace->discovery->get(connection(), next()).api; }

  std::string registered() const {
    auto const assets = rest::get_output_assets(connection(), api(), run_.id, next());
    auto const found = assets.find(output_);
    return found == assets.end() ? std::string{} : found->second;
  }

  std::string resolve(std::string const& uri) const {
    if (uri.starts_with("azureml://locations/")) return rest::resolve_asset(connection(), api(), uri, next());
    auto asset = read_asset(uri);
    if (!asset) return {};
    auto version = asset->second.substr(1);
    if (asset->second == "@latest") version = rest::get_latest_data_version(connection(), asset->first, next());
    return rest::get_data(connection(), asset->first, version, next()).uri;
  }

  std::string default_datastore() const {
    auto const datastore = rest::get_default_datastore(connection(), next());
    if (!datastore)
      throw core::make_error<NotFoundError>("cannot " + what_ + ": the workspace has no default datastore",
                                            {.status = 404});
    return datastore->name;
  }

  api::RunRecord const& run_;
  std::string const& output_;
  std::string const& what_;
  api::Deadline const& deadline_;
};

NotFoundError no_such_output(std::string const& run_id, std::string const& name, rest::Job const& job) {
  std::vector<std::string> available;
  for (auto const& [output, ignored] : job.outputs) available.push_back(output);
  if (!job.outputs.contains(kDefaultOutput)) available.emplace_back(kDefaultOutput);
  std::string list;
  for (auto const& output : available) list += (list.empty() ? "" : ", ") + output;
  return core::make_error<NotFoundError>("run '" + run_id + "' has no output '" + name + "'; it has " + list,
                                         {.status = 404, .available = std::move(available)});
}

}  // namespace

TransferReport Run::download_output(std::string_view name, std::filesystem::path const& directory,
                                    DownloadOutputOptions const& options, Context const& context) const {
  std::string const output(name);
  auto const what = "download output '" + output + "' of run '" + id() + "'";
  api::Deadline const deadline(context, state_->workspace->clock());
  if (output == kDefaultOutput)
    return download_files(
        {.output_directory = directory, .overwrite = options.overwrite, .on_progress = options.on_progress},
        deadline.next(what));
  auto const& workspace = state_->workspace;
  auto const job = rest::get_job(workspace->connection, id(), deadline.next(what));
  auto const found = job.outputs.find(output);
  if (found == job.outputs.end()) throw no_such_output(id(), output, job);
  auto const place = OutputSearch(*state_, output, what, deadline).find(found->second);
  auto const datastore = rest::get_datastore(workspace->connection, place.datastore, deadline.next(what));
  auto prefix = place.path;
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  auto files = api::BlobFolder::list(workspace, datastore, prefix, what, deadline);
  if (files.count() == 0 && !place.path.empty() && !place.path.ends_with('/'))
    files = api::BlobFolder::file(workspace, datastore, place.path, what, deadline);
  if (files.count() == 0) return {};
  return files.download(directory, options.overwrite, options.on_progress, deadline);
}

}  // namespace azureml
