#pragma once
#include "api/states.hpp"
#include "transfer/addresses.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace azureml::api {

/// Where the files of one run are asked for.
struct RunArtifacts {
  WorkspacePtr workspace{};
  std::string api{}, run_id{};
  [[nodiscard]] rest::Connection const& connection() const noexcept { return workspace->connection; }
};
RunArtifacts artifacts_of(RunRecord const& run, Context const& context);

/// The signed addresses of a run's files, each its own. They are asked for when they are first needed and when they are
/// refused, by one thread for all that wait for the same. 20,000 are remembered, the eldest is forgotten and asked for
/// again. Thread-safe.
class ArtifactAddresses : public transfer::Addresses {
 public:
  std::string blob(std::string_view name, std::string const& refused, Context const& context) final;
  void know(std::vector<rest::ArtifactAddress> const& addresses);

 protected:
  explicit ArtifactAddresses(RunArtifacts run) : run_(std::move(run)) {}
  struct Question {
    std::string name{};
    bool again = false;     ///< The address known before is refused.
    std::string refusal{};  ///< Why the service did not make the file; empty when it was not asked or has made it.
  };
  /// Threads that ask for the same group wait for one request.
  [[nodiscard]] virtual std::string group_of(Question const& question) const { return question.name; }
  virtual rest::CreatedArtifacts ask(Question const& question, Context const& context) = 0;

  RunArtifacts run_;

 private:
  void remember(std::vector<rest::ArtifactAddress> const& addresses);

  std::mutex mutex_{};
  std::condition_variable_any answered_{};
  std::unordered_map<std::string, std::string> known_{};
  std::deque<std::string> eldest_{};
  rest::StringMap refused_{};
  std::set<std::string> asking_{};
};

/// For reading.
class ReadableArtifacts final : public ArtifactAddresses {
 public:
  explicit ReadableArtifacts(RunArtifacts run) : ArtifactAddresses(std::move(run)) {}

 private:
  rest::CreatedArtifacts ask(Question const& question, Context const& context) override;
};

/// For writing: files are made in groups when the first one's turn comes. A file that is there already gets an address
/// too, since what an interrupted upload has made has no bytes yet.
class WritableArtifacts final : public ArtifactAddresses {
 public:
  /// @param names sorted, each once
  WritableArtifacts(RunArtifacts run, std::vector<std::string> names)
      : ArtifactAddresses(std::move(run)), names_(std::move(names)) {}

 private:
  [[nodiscard]] std::size_t first_of_group(std::string const& name) const;
  [[nodiscard]] std::string group_of(Question const& question) const override;
  rest::CreatedArtifacts ask(Question const& question, Context const& context) override;

  std::vector<std::string> names_;
};

/// `run 'x' has no …; it has …`, with up to 50 names of its files.
NotFoundError no_such_file(RunArtifacts const& run, std::string const& what, NotFoundError const* cause,
                           Context const& context);

}  // namespace azureml::api
