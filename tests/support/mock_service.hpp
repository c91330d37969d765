#pragma once
#include "support/mock_server.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace azureml::test {

/// What a job of the mocked service does: it takes one step at each request for its details, after that request was
/// answered with the step before; the last step stays.
struct MockStep {
  std::string status{};
  std::map<std::string, std::string> appended{};  ///< Log or artifact → bytes added to its end.
  std::string error{};                            ///< JSON of the details' `error`; empty: null.
};

/// A minimal Azure ML service for the main job, with the service's shapes and its habits: unknown members are 400, a
/// container for each upload, `:443`-less blob addresses, nulls for everything absent, 416 for an empty range, 201
/// first and 200 later. It shares no code with the client. Thread-safe.
class MockService {
 public:
  static constexpr char const* kSubscription = "11111111-2222-3333-4444-555555555555";
  static constexpr char const* kResourceGroup = "group";
  static constexpr char const* kWorkspace = "ws";
  static constexpr char const* kToken = "mock-token";
  static constexpr char const* kSignature =
      "c2lnbmF0dXJl%2B";  ///< The `sig` of every address the service signs, as it stands in the URL.

  MockService();
  ~MockService();
  MockService(MockService const&) = delete;
  MockService& operator=(MockService const&) = delete;

  /// The server below, for faults: its rules of `once` come before the service's own.
  MockServer& server();
  [[nodiscard]] std::string endpoint() const;  ///< Of the resource manager.
  [[nodiscard]] static std::string workspace_path();

  /// Announces the extensions of an engine. Held requests are answered at once, as a server may.
  void announce(int follow_wait_ms);
  /// What jobs submitted from now on do; without it they run, print two lines, leave a model and complete.
  void script(std::vector<MockStep> steps);
  static std::vector<MockStep> successful_job();
  static std::vector<MockStep> failing_job(int exit_code);
  /// Makes a code asset known, as if somebody had uploaded it.
  void add_code(std::string const& name, std::string const& version, std::string const& content_hash);
  /// From now on signed addresses handed out before are refused, as after their end of life.
  void expire_addresses();

  /// A job with these properties (JSON) beside the usual ones, which takes these steps; without any it has ended.
  void add_job(std::string const& name, std::string const& properties = "{}", std::vector<MockStep> steps = {});
  /// A file of a job.
  void add_file(std::string const& job, std::string const& path, std::string const& content);
  [[nodiscard]] std::vector<std::string> files(std::string const& job) const;
  [[nodiscard]] std::optional<std::string> file(std::string const& job, std::string const& path) const;
  /// How many files of a run the service lists on a page; at first one. The first page is always empty.
  void artifacts_on_a_page(std::size_t count);
  /// What a data asset's internal id, name and version, or a run's output stands for: an address.
  void add_asset(std::string const& id, std::string const& uri);
  /// A blob of the workspace's account, `container/path`.
  void put_blob(std::string const& name, std::string const& content);

  /// What a datastore was registered with, as JSON; nothing for those the service has of itself.
  [[nodiscard]] std::optional<std::string> datastore_secret(std::string const& name) const;
  /// Headers `x-ms-meta-*` of a blob, `container/path`.
  [[nodiscard]] std::map<std::string, std::string> blob_metadata(std::string const& name) const;

  [[nodiscard]] std::optional<std::string> job_body(std::string const& name) const;  ///< JSON as it was sent.
  [[nodiscard]] std::vector<std::string> jobs() const;
  [[nodiscard]] std::string status(std::string const& name) const;
  /// Blobs uploaded by clients: `container/path` → bytes.
  [[nodiscard]] std::map<std::string, std::string> uploads() const;
  /// Things no client may do: a token with a signed address, a request without a token, a job without its code. Tests
  /// expect none.
  [[nodiscard]] std::vector<std::string> violations() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace azureml::test
