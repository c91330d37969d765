#pragma once
#include <azureml/context.hpp>
#include <azureml/estimator.hpp>
#include <azureml/pager.hpp>
#include <azureml/run.hpp>
#include <azureml/snapshot.hpp>
#include <azureml/transfer.hpp>

#include <map>
#include <memory>
#include <string>

namespace azureml {

struct SubmitOptions {
  std::map<std::string, std::string> tags{};
  std::string display_name{}, description{};
  std::string run_id{};           ///< Yours, from `new_run_id()`: submitting it again gives the same run, also after a crash.
  SnapshotOptions snapshot{};     ///< What of the folder goes up, and what is too much.
  ProgressHandler on_progress{};  ///< Snapshot and upload.
};
struct GetRunsOptions {
  std::map<std::string, std::string> tags{};  ///< All of them; an empty value means "has this tag".
};

/// A named set of runs. Copies refer to the same; may be shared between threads.
class Experiment {
 public:
  /// Checks the name; no request (the first run makes the experiment). @throws ValidationError
  Experiment(Workspace const& workspace, std::string name);
  std::string const& name() const noexcept;
  /// `<experiment>_<unix seconds>_<8 hex>`, as Python's. No request.
  std::string new_run_id() const;

  /// Validates, uploads the folder if the workspace does not have its content yet, and starts the run. Requests: 3 when the content is
  /// known, else 6 and one for each file. Nothing runs unless it returns or the last request was sent; a call repeated with the same
  /// `run_id` gives the same run. An upload that was interrupted goes on with the next call for the same content (one request more).
  /// With `snapshot.use_cache` both this and the hashes of unchanged files are kept in the user's cache directory.
  /// @throws ValidationError with all faults before any request; ServiceError as the service answered; FileError; StoppedError
  Run submit(Estimator const& estimator, SubmitOptions const& options = {}, Context const& context = {}) const;
  /// Newest first. One request for each page of the workspace's runs, made when its first element is looked at.
  Pager<Run> get_runs(GetRunsOptions const& options = {}) const;

 private:
  friend struct detail::Access;
  struct State;
  std::shared_ptr<State const> state_;
};

}  // namespace azureml
