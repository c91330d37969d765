#pragma once
// What reading and writing blobs have in common: where a blob lies, and the errors of the service.
#include "engine/routes/exchange.hpp"
#include "engine/routes/files.hpp"
#include "engine/routes/services.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace azureml::engine::routes {

/// The container of all runs' artifacts: `ExperimentRun/dcid.{run}/{path}`.
inline constexpr char kArtifactContainer[] = "azureml";

/// A blob as a request names it, with its file.
struct BlobPlace {
  std::string container{}, name{};
  std::filesystem::path root{};          ///< Directory that the file is beneath.
  std::string file{};                    ///< Name of the file relative to `root`.
  std::optional<store::JobRecord> run{};  ///< Of an artifact.
};
/// @throws ApiError 404 ContainerNotFound or BlobNotFound (no such run), 400 InvalidResourceName
BlobPlace blob_place(Request const& request, Services& services);
/// True for the logs of a run: what followers read while it grows.
bool is_run_log(BlobPlace const& place);
/// Folders of a run's artifacts that the engine alone writes; `path` is relative to the run.
bool is_written_by_engine(std::string_view path) noexcept;
/// What is known of a blob besides its bytes: the record of what was uploaded, or what its file says. @throws ApiError 404 without a record
store::BlobRecord describe(BlobPlace const& place, OpenedFile const& file, Services& services);
/// The blob that is there now; nothing when there is none.
std::optional<store::BlobRecord> existing_blob(BlobPlace const& place, Services& services);

[[nodiscard]] ApiError blob_not_found();
[[nodiscard]] ApiError container_not_found();
[[nodiscard]] ApiError blob_error(int status, std::string code, std::string message);
std::string blob_date(std::chrono::system_clock::time_point time);
std::string new_etag();                                         ///< `"0x…"`
store::StringMap metadata_of(Request const& request);           ///< Of the headers `x-ms-meta-*`; names in lower case.

Reply get_blob(Request const& request, Services& services);     ///< blobs_read.cpp; also answers HEAD.
Reply get_block_list(BlobPlace const& place, Request const& request, Services& services);  ///< block_routes.cpp
Reply list_blobs(Request const& request, Services& services);   ///< blobs_list.cpp
std::unique_ptr<Upload> put_blob(Request const& request, Services& services);  ///< blobs_write.cpp; all kinds of PUT
Reply delete_blob(Request const& request, Services& services);  ///< blobs_delete.cpp
Reply create_container(Request const& request, Services& services);   ///< containers.cpp
Reply read_container(Request const& request, Services& services);     ///< containers.cpp; its list or its properties

}  // namespace azureml::engine::routes
