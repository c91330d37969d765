#include "engine/routes/blob_common.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "engine/routes/data_places.hpp"
#include "engine/routes/files.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

constexpr std::string_view kRunPrefix = "ExperimentRun/dcid.";
constexpr std::string_view kMetaPrefix = "x-ms-meta-";

/// Splits `ExperimentRun/dcid.{run}/{path}`.
BlobPlace artifact_place(std::string const& name, Services& services) {
  auto const slash = name.find('/', kRunPrefix.size());
  if (!name.starts_with(kRunPrefix) || slash == name.npos) throw blob_not_found();
  auto const run = name.substr(kRunPrefix.size(), slash - kRunPrefix.size());
  auto job = is_job_name(run) ? services.store.find_job(run) : std::nullopt;
  if (!job) throw blob_not_found();
  return {.container = kArtifactContainer, .name = name, .root = services.home.artifacts(run), .file = name.substr(slash + 1), .run = std::move(job)};
}

}  // namespace

ApiError blob_error(int status, std::string code, std::string message) {
  return {.status = status, .code = std::move(code), .message = std::move(message)};
}
ApiError blob_not_found() { return blob_error(404, "BlobNotFound", "The specified blob does not exist."); }
ApiError container_not_found() { return blob_error(404, "ContainerNotFound", "The specified container does not exist."); }

std::string blob_date(std::chrono::system_clock::time_point time) { return base::to_http_date(time); }
std::string new_etag() { return "\"0x" + base::random_hex(16) + "\""; }

store::StringMap metadata_of(Request const& request) {
  store::StringMap metadata;
  for (auto const& [name, value] : request.headers) {
    auto const lower = base::to_lower_ascii(name);
    if (lower.starts_with(kMetaPrefix) && lower.size() > kMetaPrefix.size()) metadata[lower.substr(kMetaPrefix.size())] = value;
  }
  return metadata;
}

BlobPlace blob_place(Request const& request, Services& services) {
  auto const& container = parameter(request, "container");
  auto const& name = parameter(request, "blob");
  if (auto const fault = name_fault(name); !fault.empty()) {
    throw blob_error(400, "InvalidResourceName", "The blob name is not valid: " + fault + ".");
  }
  if (container == kArtifactContainer) return artifact_place(name, services);
  if (!is_container_name(container) || !has_container(services.store, services.identity, container)) throw container_not_found();
  return {.container = container, .name = name, .root = services.home.blobs() / container, .file = name, .run = {}};
}

bool is_run_log(BlobPlace const& place) {
  return place.run && (place.file.starts_with("user_logs/") || place.file.starts_with("azureml-logs/"));
}

bool is_written_by_engine(std::string_view path) noexcept {
  return path.starts_with("user_logs/") || path.starts_with("system_logs/") || path.starts_with("azureml-logs/");
}

store::BlobRecord describe(BlobPlace const& place, OpenedFile const& file, Services& services) {
  auto record = is_run_log(place) ? std::nullopt : services.store.find_blob(place.container, place.name);
  if (!place.run) {
    if (!record) throw blob_not_found();
    return *std::move(record);
  }
  // The run itself may have written the file anew: then the record is of what was there before.
  if (record && record->etag == file.etag) return *std::move(record);
  bool const is_text = place.file.ends_with(".txt") || place.file.ends_with(".log");
  return {.container = place.container,
          .name = place.name,
          .content_type = is_text ? "text/plain; charset=utf-8" : "application/octet-stream",
          .etag = file.etag,
          .size = file.size,
          .modified = file.modified};
}

std::optional<store::BlobRecord> existing_blob(BlobPlace const& place, Services& services) {
  if (!place.run) return services.store.find_blob(place.container, place.name);
  auto const file = open_beneath(place.root, place.file);
  if (!file) return std::nullopt;
  return describe(place, *file, services);
}

void add_blob_routes(std::vector<Route>& table) {
  std::string const container = "/{account}/{container}";
  std::string const blob = container + "/{blob...}";
  table.push_back({.operation = "blobs.list", .method = "GET", .pattern = container, .plane = Plane::blob, .auth = Auth::sas, .handle = read_container});
  table.push_back({.operation = "containers.create", .method = "PUT", .pattern = container, .plane = Plane::blob, .auth = Auth::sas, .handle = create_container});
  table.push_back({.operation = "blobs.get", .method = "GET", .pattern = blob, .plane = Plane::blob, .auth = Auth::sas, .handle = get_blob});
  table.push_back({.operation = "blobs.put", .method = "PUT", .pattern = blob, .plane = Plane::blob, .auth = Auth::sas, .upload = put_blob});
  table.push_back({.operation = "blobs.delete", .method = "DELETE", .pattern = blob, .plane = Plane::blob, .auth = Auth::sas, .handle = delete_blob});
}

}  // namespace azureml::engine::routes
