#include "engine/routes/artifact_common.hpp"
#include "engine/routes/blob_common.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/new_blob.hpp"
#include "engine/routes/staging.hpp"

#include <set>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPathsMax = 10'000;
/// Read, to see what is there; create and write, with conditions or without.
constexpr char kWritePermissions[] = "rcw";

BlobPlace place_of(std::string const& run, std::string const& path, Services& services) {
  return {.container = kArtifactContainer,
          .name = artifact_id(run, path),
          .root = services.home.artifacts(run),
          .file = path,
          .run = find_job(services.store, run)};
}

/// An artifact that is announced: its file may be there already or not yet.
json announced(std::string const& run, std::string const& path, Services& services) {
  auto const file = open_beneath(services.home.artifacts(run), path);
  return file ? artifact(run, path, file->etag, file->modified) : artifact(run, path, "", services.clock.now());
}

std::vector<std::string> read_paths(Request const& request) {
  auto const body = parse_object(request);
  auto const found = body.find("paths");
  if (found == body.end() || !found->is_array())
    throw bad_request("The body needs a list 'paths' of objects with a member 'path'.");
  if (found->size() > kPathsMax)
    throw bad_request("The list 'paths' has " + std::to_string(found->size()) + " members; at most " +
                      std::to_string(kPathsMax) + " are taken at once.");
  std::set<std::string> seen;
  std::vector<std::string> paths;
  for (auto const& each : *found) {
    auto path = each.is_object() ? text_member(each, "path") : std::string{};
    check_writable(path);
    if (seen.insert(path).second) paths.push_back(std::move(path));
  }
  return paths;
}

Reply announce(Request const& request, Services& services) {
  auto const run = run_of(request, services);
  json body{{"artifacts", json::object()}, {"artifactContentInformation", json::object()}, {"errors", json::object()}};
  for (auto const& path : read_paths(request)) {
    body["artifacts"][path] = announced(run, path, services);
    body["artifactContentInformation"][path] = content_information(run, path, kWritePermissions, request, services);
  }
  return json_reply(200, body);
}

Reply write_info(Request const& request, Services& services) {
  auto const run = run_of(request, services);
  auto const path = path_of(request);
  check_writable(path);
  return json_reply(200, content_information(run, path, kWritePermissions, request, services));
}

/// An artifact whose bytes are the body of the request.
class PutContent final : public Upload {
 public:
  PutContent(NewBlob wanted, std::string run, std::filesystem::path const& directory)
      : wanted_(std::move(wanted)), run_(std::move(run)), file_(directory) {}
  void write(std::string_view piece) override { file_.write(piece); }
  void sync() override {
    file_.sync();
    check_md5(wanted_.md5, file_.md5());
  }
  Reply commit(Services& services) override {
    try {
      (void)store_blob(wanted_, file_, {}, services);
    } catch (ApiError const& error) {
      if (error.code == "BlobAlreadyExists") throw conflict("exists already; say allowOverwrite=true to replace it");
      if (error.code == "BlobNameConflict")
        throw conflict("cannot be stored: a part of its path is an artifact already, or it is the folder of others");
      throw;
    }
    return json_reply(200, announced(run_, wanted_.place.file, services));
  }

 private:
  [[nodiscard]] ApiError conflict(std::string const& what) const {
    return {.status = 409,
            .message = "The artifact '" + wanted_.place.file + "' of the run " + run_ + " " + what + ".",
            .inner = {"Conflict"}};
  }

  NewBlob wanted_;
  std::string run_;
  StagedFile file_;
};

bool flag(Request const& request, char const* name) {
  return base::equal_ignoring_case(request.query_value(name), "true");
}

std::unique_ptr<Upload> put_content(Request const& request, Services& services) {
  auto const run = run_of(request, services);
  auto const path = path_of(request);
  check_writable(path);
  if (flag(request, "append") || !request.query_value("index", "").empty()) {
    throw bad_request("Appending to an artifact (append, index) is not supported by this engine; send it whole.");
  }
  check_room(services.home, request.content_length);
  NewBlob wanted{.place = place_of(run, path, services),
                 .content_type = request.header("Content-Type"),
                 .md5 = request.header("Content-MD5")};
  if (!flag(request, "allowOverwrite")) {
    wanted.conditions.none_match = "*";
    if (existing_blob(wanted.place, services)) {
      throw ApiError{.status = 409,
                     .message = "The artifact '" + path + "' of the run " + run +
                                " exists already; say allowOverwrite=true to replace it.",
                     .inner = {"Conflict"}};
    }
  }
  return std::make_unique<PutContent>(std::move(wanted), run, staging_directory(services.home));
}

}  // namespace

void add_artifact_writing_routes(std::vector<Route>& table) {
  auto const add = [&](char const* operation, char const* method, std::string const& pattern,
                       std::function<Reply(Request const&, Services&)> handle) {
    table.push_back({.operation = operation,
                     .method = method,
                     .pattern = pattern,
                     .plane = Plane::data,
                     .handle = std::move(handle)});
  };
  auto const add_upload = [&](char const* operation, std::string const& pattern) {
    table.push_back(
        {.operation = operation, .method = "POST", .pattern = pattern, .plane = Plane::data, .upload = put_content});
  };
  std::string const plane = "/artifact/v2.0/{WS}/artifacts/";
  std::string const container = "{origin}/{container}";
  add("artifacts.batch_create", "POST", plane + container + "/batch/metadata", announce);
  add("artifacts.batch_create", "POST", plane + "batch/metadata/" + container, announce);
  add("artifacts.write", "GET", plane + container + "/write", write_info);
  add("artifacts.write", "GET", plane + "write/" + container + "/{path...}", write_info);
  add_upload("artifacts.upload", plane + container + "/content");
  add_upload("artifacts.upload", plane + "content/" + container + "/{path...}");
  for (std::string const run : {"/history/v1.0/{WS}/experiments/{experiment}/runs/{run}/artifacts",
                                "/history/v1.0/{WS}/runs/{run}/artifacts"}) {
    add("run_artifacts.batch_create", "POST", run + "/batch/metadata", announce);
  }
}

}  // namespace azureml::engine::routes
