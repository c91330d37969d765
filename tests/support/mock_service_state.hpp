#pragma once
// The inside of MockService, shared by its files.
#include "support/mock_blobs.hpp"
#include "support/mock_service.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace azureml::test {

using nlohmann::json;

inline constexpr char const* kAccount = "/acct";
inline constexpr char const* kWorkspaceId = "8e7dad76-df37-472b-b882-0c1c58adfcf9";
inline constexpr char const* kArtifacts = "azureml/ExperimentRun/dcid.";
inline constexpr char const* kCreated = "2026-03-27T04:03:26.8690899+00:00";

/// Percent-decoded.
std::string unescaped(std::string const& text);
json system_data();
/// An answer of the resource manager.
MockReply arm(json const& body, int status = 200);
MockReply arm_error(int status, std::string const& code, std::string const& message,
                    std::vector<std::string> const& inner = {}, json details = json::array());
/// The resource manager's reply to a body that cannot be, also one with a member its schema has not; nothing when it is well-formed.
std::optional<MockReply> fault_of(MockRequest const& request, json const& body, std::set<std::string> const& members,
                                  char const* type);
/// A 404 of a data plane.
MockReply plane_not_found(std::string const& message);
/// The segments of a path, decoded.
std::vector<std::string> split(std::string const& path);

struct MockService::State {
  struct Code {
    std::string name{}, version{}, uri{};
    json properties{};
  };
  struct MockJob {
    std::string name{}, sent{};
    json properties{};
    std::vector<MockStep> steps{};
    std::size_t step = 0;
    std::vector<std::string> files{};
    bool canceled = false;

    [[nodiscard]] MockStep const& now() const { return steps.at(step); }
    [[nodiscard]] bool ended() const {
      return canceled || now().status == "Completed" || now().status == "Failed" || now().status == "Canceled";
    }
    [[nodiscard]] std::string status() const { return canceled ? "Canceled" : now().status; }
  };

  mutable std::mutex mutex{};
  MockBlobs blobs{};
  int follow_wait_ms = 0;
  int containers = 0, generation = 1;
  std::size_t artifact_page_size = 1;
  std::map<std::string, std::string> assets{};  ///< Id → address.
  std::vector<MockStep> script = successful_job();
  std::vector<Code> codes{};
  std::map<std::string, json> environments{};
  std::vector<MockJob> jobs{};
  std::map<std::string, json> datastores{};         ///< Properties as they are shown.
  std::map<std::string, json> datastore_secrets{};  ///< As they were sent.
  std::string default_datastore{"workspaceblobstore"};
  std::map<std::string, std::vector<std::pair<std::string, json>>> data{};  ///< Versions of each asset, oldest first.
  std::vector<std::string> violations{};
  MockServer server{};  ///< Last: its threads use all of the above.

  [[nodiscard]] std::string sign(std::string const& blob, std::string const& permissions) const {
    return server.url() + kAccount + "/" + blob + "?sv=2021-12-02&sr=c&gen=" + std::to_string(generation) +
           "&sp=" + permissions + "&sig=" + kSignature;
  }
  MockJob* find_job(std::string const& name) {
    auto const found = std::find_if(jobs.begin(), jobs.end(), [&](MockJob const& job) { return job.name == name; });
    return found == jobs.end() ? nullptr : &*found;
  }

  MockReply resource_manager(MockRequest const& request);
  MockReply code_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply environment_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply job_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply put_job(MockRequest const& request, std::string const& name);
  MockReply other_routes(std::vector<std::string> const& parts, MockRequest const& request) const;
  void add_built_in_datastores();
  [[nodiscard]] json datastore_resource(std::string const& name) const;
  MockReply list_datastores(MockRequest const& request) const;
  MockReply put_datastore(MockRequest const& request, std::string const& name);
  MockReply datastore_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply choose_datastore(MockRequest const& request);
  MockReply data_routes(MockRequest const& request, std::vector<std::string> const& parts);
  MockReply data_plane(MockRequest const& request);
  MockReply run_data(MockRequest const& request);
  MockReply resolved_uris(MockRequest const& request);
  /// @param path below the artifact plane's address, still percent-encoded
  MockReply artifact_routes(MockRequest const& request, std::string const& path);
  MockReply artifact_page(MockRequest const& request, MockJob const& job, bool with_addresses);
  MockReply create_artifacts(MockRequest const& request, MockJob& job);
  [[nodiscard]] json content_information(MockJob const& job, std::string const& path, std::string const& permissions) const;
  MockReply blob_routes(MockRequest const& request);
  void enter(MockJob& job);
  [[nodiscard]] json job_resource(MockJob const& job) const;
  [[nodiscard]] json code_resource(Code const& code) const;
  json details(MockJob& job);
  /// @param path below the history plane's address of the workspace, still percent-encoded
  MockReply run_history(MockRequest const& request, std::string const& path);
  MockReply patch_run(MockRequest const& request, MockJob& job);
  [[nodiscard]] json run_record(MockJob const& job) const;
  [[nodiscard]] MockReply run_page(std::vector<MockJob const*> const& found, std::string const& token) const;
};

}  // namespace azureml::test
