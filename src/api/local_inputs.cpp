#include "api/local_inputs.hpp"

#include "api/containers.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/uuid.hpp"
#include "core/make_error.hpp"
#include "core/names.hpp"
#include "rest/requests.hpp"
#include "snapshot/file_reader.hpp"
#include "snapshot/hashes.hpp"
#include "snapshot/snapshot.hpp"
#include "transfer/blob.hpp"
#include "transfer/downloads.hpp"
#include "transfer/uploads.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace azureml::api {

namespace {

/// `azureml:{name}:{version}` and `azureml:{name}@latest`; the version of the second is empty.
struct AssetName {
  std::string name{}, version{};
};
std::optional<AssetName> asset_name(std::string_view address) {
  constexpr std::string_view kScheme = "azureml:";
  constexpr std::string_view kLatest = "@latest";
  if (!address.starts_with(kScheme)) return std::nullopt;
  address.remove_prefix(kScheme.size());
  if (address.find('/') != std::string_view::npos) return std::nullopt;
  if (address.ends_with(kLatest) && address.size() > kLatest.size())
    return AssetName{std::string(address.substr(0, address.size() - kLatest.size())), {}};
  auto const colon = address.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == address.size()) return std::nullopt;
  return AssetName{std::string(address.substr(0, colon)), std::string(address.substr(colon + 1))};
}

/// A local input: its files, and the hash its place is named by.
struct Content {
  snapshot::Plan plan{};
  std::string hash{};
  bool is_folder = false;
};

class LocalInputs {
 public:
  LocalInputs(WorkspacePtr const& workspace, ProgressHandler const& on_progress, Deadline const& deadline)
      : workspace_(workspace), on_progress_(on_progress), deadline_(deadline) {}

  void upload(Input& input) {
    auto const path = std::filesystem::absolute(input.address).lexically_normal();
    auto known = uploaded_.find(path.string());
    if (known == uploaded_.end())
      known = uploaded_.emplace(path.string(), upload_content(path, core::local_name(input.address), input.name)).first;
    input.address = known->second;
    input.type = std::filesystem::is_directory(path) ? "uri_folder" : "uri_file";
  }

  [[nodiscard]] std::string asset_id(AssetName const& asset) const {
    auto const version = !asset.version.empty()
                             ? asset.version
                             : rest::get_latest_data_version(workspace_->connection, asset.name, deadline_.next(what_));
    return rest::arm_id(workspace_->connection, "data", asset.name) + "/versions/" + version;
  }

 private:
  enum class Found { nothing, part, all, other };

  /// Uploads and returns the address.
  std::string upload_content(std::filesystem::path const& path, std::string const& name,
                             std::string const& input_name) {
    what_ = "upload the input '" + input_name + "' from '" + path.string() + "'";
    auto const content = read(path);
    open();
    // The hash is the service's, and two contents can have one of it. Then the second goes beside the first.
    for (auto const& folder : {content.hash, content.hash + "-" + sizes_hash(content.plan)}) {
      auto const place = "LocalUpload/" + folder + "/" + name;
      auto const found = look(place, content);
      if (found == Found::other) continue;
      if (found != Found::all) put(place, content);
      return "azureml://datastores/" + datastore_->name + "/paths/" + place + (content.is_folder ? "/" : "");
    }
    throw core::make_error<TransportError>("cannot " + what_ + ": other files lie at its place LocalUpload/" +
                                           content.hash + " on the datastore '" + datastore_->name +
                                           "'; remove that folder");
  }

  [[nodiscard]] Content read(std::filesystem::path const& path) const {
    auto const stop = deadline_.next(what_).stop;
    Content content{.is_folder = std::filesystem::is_directory(path)};
    if (content.is_folder) {
      content.plan = snapshot::make_plan(path, {.ignore = IgnoreRules::service}, stop);
      if (content.plan.files.empty())
        throw core::validation_error("cannot " + what_,
                                     {{.field = "inputs",
                                       .problem = "the folder has no files, or its ignore file leaves all of them out",
                                       .remedy = "put files into it, or leave the input out"}});
    } else {
      content.plan = plan_of_file(path);
    }
    content.hash =
        content.is_folder ? snapshot::object_hash(content.plan, {}, stop) : snapshot::object_hash(path, {}, stop);
    return content;
  }

  [[nodiscard]] snapshot::Plan plan_of_file(std::filesystem::path const& path) const {
    struct ::stat status {};
    if (::stat(path.c_str(), &status) != 0)
      throw core::make_error<FileError>("cannot " + what_ + ": " + std::generic_category().message(errno));
    auto const identity = snapshot::identity_of(status);
    snapshot::Plan plan{.root = path.parent_path()};
    plan.bytes = identity.size;
    plan.files.push_back({.path = path.filename().string(), .size = identity.size, .identity = identity});
    return plan;
  }

  void open() {
    if (addresses_) return;
    datastore_ = rest::get_default_datastore(workspace_->connection, deadline_.next(what_));
    if (!datastore_)
      throw core::make_error<NotFoundError>("cannot " + what_ + ": the workspace has no default datastore",
                                            {.status = 404});
    addresses_ = open_container(workspace_, *datastore_, what_, deadline_);
  }

  static std::string blob_name(std::string const& place, Content const& content, snapshot::File const& file) {
    return content.is_folder ? place + "/" + file.path : place;
  }

  /// What lies at a place, by names and sizes.
  Found look(std::string const& place, Content const& content) {
    std::map<std::string, std::uint64_t> wanted;
    for (auto const& file : content.plan.files) wanted.emplace(blob_name(place, content, file), file.size);
    std::size_t same = 0;
    bool other = false;
    auto const visit = [&](transfer::BlobInfo&& blob) {
      auto const known = wanted.find(blob.name);
      if (known != wanted.end() && known->second == blob.size)
        ++same;
      else if (!blob.is_folder && (content.is_folder || blob.name == place))
        other = true;
      return !other;
    };
    transfer::list_blobs(workspace_->connection.pipeline, *addresses_, content.is_folder ? place + "/" : place, visit,
                         deadline_.next(what_));
    return other ? Found::other : same == wanted.size() ? Found::all : same > 0 ? Found::part : Found::nothing;
  }

  void put(std::string const& place, Content const& content) {
    auto const& files = content.plan.files;
    transfer::UploadSet const set{.count = files.size(), .bytes = content.plan.bytes, .item = [&](std::size_t index) {
                                    auto const& file = files[index];
                                    return transfer::UploadItem{.blob = blob_name(place, content, file),
                                                                .file = content.plan.absolute(file),
                                                                .size = file.size,
                                                                .identity = file.identity};
                                  }};
    transfer::upload_files(workspace_->connection.pipeline, *addresses_, set,
                           {.existing = transfer::Existing::refuse, .what = what_, .on_progress = on_progress_},
                           deadline_.next(what_));
    mark(blob_name(place, content, files.front()));
  }

  /// Says at the first file that all are there, for the service's own clients.
  void mark(std::string const& blob) {
    auto const context = deadline_.next(what_);
    http::Deadline const deadline(context, workspace_->clock());
    std::string address;
    for (int attempt = 0;; ++attempt) {
      address = addresses_->blob(blob, address, deadline.left());
      auto request = transfer::blob_request("PUT", transfer::with_query(address, "comp=metadata"));
      request.headers.insert({{"x-ms-meta-upload_status", "completed"},
                              {"x-ms-meta-name", base::new_uuid()},
                              {"x-ms-meta-version", base::new_uuid()}});
      try {
        transfer::send_blob(workspace_->connection.pipeline, request, what_, deadline);
        return;
      } catch (ServiceError const& error) {
        if (error.status() != 403 || attempt == 1) throw;  // a signature that has just ended is renewed once
      }
    }
  }

  static std::string sizes_hash(snapshot::Plan const& plan) {
    auto digest = base::Digest::sha256();
    for (auto const& file : plan.files)
      digest.update(std::to_string(file.path.size()) + ":" + file.path + ":" + std::to_string(file.size) + "\n");
    return base::to_hex(digest.finish()).substr(0, 8);
  }

  WorkspacePtr const& workspace_;
  ProgressHandler const& on_progress_;
  Deadline const& deadline_;
  std::string what_{"resolve the inputs"};
  std::optional<rest::DatastoreResource> datastore_{};
  std::unique_ptr<transfer::ContainerAddresses> addresses_{};
  std::map<std::string, std::string> uploaded_{};
};

}  // namespace

Estimator upload_local_inputs(WorkspacePtr const& workspace, Estimator estimator, ProgressHandler const& on_progress,
                              Deadline const& deadline) {
  LocalInputs work(workspace, on_progress, deadline);
  for (auto& input : estimator.inputs) {
    if (input.reference) continue;
    if (auto const asset = asset_name(input.address))
      input.address = work.asset_id(*asset);
    else if (!core::has_data_scheme(input.address))
      work.upload(input);
  }
  return estimator;
}

}  // namespace azureml::api
