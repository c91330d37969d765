#pragma once
// How artifacts are addressed and described, for reading and for writing.
#include "engine/routes/files.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/wire.hpp"

#include <string>

namespace azureml::engine::routes {

inline constexpr char kArtifactOrigin[] = "ExperimentRun";

/// The run whose artifacts are meant: by `dcid.{run}` in the artifact plane, by the run itself in the mirror of run
/// history.
/// @throws ApiError 404
std::string run_of(Request const& request, Services& services);
/// From the query, or from the end of the path.
std::string path_of(Request const& request);
/// @throws ApiError 400 when no artifact can have the name
std::string checked_path(Request const& request);
/// @throws ApiError 400 as above, or for what the engine writes alone
void check_writable(std::string const& path);

/// `ExperimentRun/dcid.{run}/{path}`
std::string artifact_id(std::string const& run, std::string const& path);
json artifact(std::string const& run, std::string const& path, std::string const& etag, store::TimePoint created);
/// With an address that is signed for `permissions`.
json content_information(std::string const& run, std::string const& path, std::string const& permissions,
                         Request const& request, Services const& services);

void add_artifact_writing_routes(std::vector<Route>& table);  ///< artifacts_write.cpp

}  // namespace azureml::engine::routes
