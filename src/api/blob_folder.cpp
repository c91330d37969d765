#include "api/blob_folder.hpp"

#include "base/encoding.hpp"

#include <optional>
#include <vector>

namespace azureml::api {

namespace {

constexpr std::string_view kScheme = "azureml://";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto const end = std::min(text.find('/', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

BlobFolder::BlobFolder(WorkspacePtr workspace, rest::DatastoreResource const& datastore, std::string prefix,
                       std::string const& what, Deadline const& deadline)
    : workspace_(std::move(workspace)),
      prefix_(std::move(prefix)),
      what_(what),
      addresses_(open_container(workspace_, datastore, what, deadline)),
      names_(what) {}

BlobFolder BlobFolder::list(WorkspacePtr const& workspace, rest::DatastoreResource const& datastore, std::string prefix,
                            std::string const& what, Deadline const& deadline) {
  BlobFolder folder(workspace, datastore, std::move(prefix), what, deadline);
  auto const visit = [&](transfer::BlobInfo&& blob) {
    if (blob.name.starts_with(folder.prefix_) && blob.name != folder.prefix_) folder.names_.add(blob);
    return true;
  };
  transfer::list_blobs(workspace->connection.pipeline, *folder.addresses_, folder.prefix_, visit, deadline.next(what));
  folder.names_.finish();
  return folder;
}

BlobFolder BlobFolder::file(WorkspacePtr const& workspace, rest::DatastoreResource const& datastore,
                            std::string const& name, std::string const& what, Deadline const& deadline) {
  BlobFolder folder(workspace, datastore, name.substr(0, name.rfind('/') + 1), what, deadline);
  // The shortest name that begins so is the first of the list.
  auto const visit = [&](transfer::BlobInfo&& blob) {
    if (blob.name == name) folder.names_.add(blob);
    return false;
  };
  transfer::list_blobs(workspace->connection.pipeline, *folder.addresses_, name, visit, deadline.next(what));
  folder.names_.finish();
  return folder;
}

transfer::DownloadItem BlobFolder::item(std::size_t index) const {
  auto item = names_.item(index);
  item.target.erase(0, prefix_.size());
  return item;
}

TransferReport BlobFolder::download(std::filesystem::path const& directory, bool overwrite,
                                    ProgressHandler const& on_progress, Deadline const& deadline) const {
  std::size_t index = 0;
  auto const next = [&]() -> std::optional<transfer::DownloadItem> {
    if (index == count()) return std::nullopt;
    return item(index++);
  };
  return transfer::download_files(
      workspace_->connection.pipeline, *addresses_, directory, next,
      {.overwrite = overwrite, .files = count(), .bytes = names_.bytes(), .what = what_, .on_progress = on_progress},
      deadline.next(what_));
}

std::optional<DatastorePlace> read_datastore_uri(std::string_view uri, WorkspaceState const& workspace) {
  if (!base::equal_ignoring_case(uri.substr(0, kScheme.size()), kScheme)) return {};
  uri.remove_prefix(kScheme.size());
  auto parts = split(uri);
  constexpr std::size_t kLong = 6;  // subscriptions/…/resourcegroups/…/workspaces/…
  if (parts.size() > kLong && base::equal_ignoring_case(parts[0], "subscriptions")) {
    bool const ours = base::equal_ignoring_case(parts[1], workspace.subscription_id) &&
                      base::equal_ignoring_case(parts[2], "resourcegroups") &&
                      base::equal_ignoring_case(parts[3], workspace.resource_group) &&
                      base::equal_ignoring_case(parts[4], "workspaces") &&
                      base::equal_ignoring_case(parts[5], workspace.name);
    if (!ours) return {};
    uri.remove_prefix(static_cast<std::size_t>(parts[kLong].data() - uri.data()));
    parts.erase(parts.begin(), parts.begin() + kLong);
  }
  if (parts.size() < 2 || !base::equal_ignoring_case(parts[0], "datastores") || parts[1].empty()) return {};
  DatastorePlace place{.datastore = std::string(parts[1])};
  std::size_t const skip = parts.size() > 2 && parts[2] == "paths" ? 3 : 2;
  if (parts.size() > skip)
    place.path = std::string(uri.substr(static_cast<std::size_t>(parts[skip].data() - uri.data())));
  return place;
}

}  // namespace azureml::api
