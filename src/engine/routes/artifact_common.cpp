#include "engine/routes/artifact_common.hpp"

#include "engine/routes/blob_common.hpp"
#include "engine/routes/sas.hpp"

namespace azureml::engine::routes {

std::string run_of(Request const& request, Services& services) {
  auto const run = request.parameters.find("run");
  if (run != request.parameters.end()) {
    auto const job = find_job(services.store, run->second);
    auto const experiment = request.parameters.find("experiment");
    if (experiment != request.parameters.end() && experiment->second != job.experiment) throw job_not_found(job.name);
    return job.name;
  }
  auto const& container = parameter(request, "container");
  auto const& origin = parameter(request, "origin");
  if (!base::equal_ignoring_case(origin, kArtifactOrigin) || !container.starts_with("dcid.")) {
    throw not_found("The artifact container " + origin + "/" + container + " was not found.", {"NotFoundError"});
  }
  return find_job(services.store, container.substr(5)).name;
}

std::string path_of(Request const& request) {
  auto const rest = request.parameters.find("path");
  return rest != request.parameters.end() ? rest->second : request.query_value("path");
}

std::string checked_path(Request const& request) {
  auto path = path_of(request);
  if (auto const fault = name_fault(path); !fault.empty())
    throw bad_request("The artifact path '" + path + "' is not valid: " + fault + ".");
  return path;
}

void check_writable(std::string const& path) {
  if (auto const fault = name_fault(path); !fault.empty())
    throw bad_request("The artifact path '" + path + "' is not valid: " + fault + ".");
  if (is_written_by_engine(path)) {
    throw bad_request(
        "The artifact '" + path +
        "' cannot be uploaded: the logs of a run are written by the engine alone; choose a path outside " +
        path.substr(0, path.find('/') + 1) + ".");
  }
}

std::string artifact_id(std::string const& run, std::string const& path) {
  return std::string(kArtifactOrigin) + "/dcid." + run + "/" + path;
}

json artifact(std::string const& run, std::string const& path, std::string const& etag, store::TimePoint created) {
  return {{"artifactId", artifact_id(run, path)},
          {"origin", kArtifactOrigin},
          {"container", "dcid." + run},
          {"path", path},
          {"etag", etag},
          {"createdTime", wire_time(created)},
          {"dataPath", {{"dataStoreName", "workspaceartifactstore"}, {"relativePath", artifact_id(run, path)}}},
          {"tags", json::object()}};
}

json content_information(std::string const& run, std::string const& path, std::string const& permissions,
                         Request const& request, Services const& services) {
  return {{"contentUri", signed_url(request.base_url, services.identity, kArtifactContainer, artifact_id(run, path),
                                    permissions, services.clock.now())},
          {"origin", kArtifactOrigin},
          {"container", "dcid." + run},
          {"path", path},
          {"tags", json::object()}};
}

}  // namespace azureml::engine::routes
