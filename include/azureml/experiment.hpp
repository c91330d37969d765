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
/// Which runs a list is of. What the service can be asked for is asked of it (of an experiment: tags, properties, status, type and parent,
/// as far as they are of letters, digits, `_`, `-` and `.`; of a workspace: one tag, the type of jobs, archived or not), and everything is
/// looked at again here: a page may be short or empty.
struct GetRunsOptions {
  std::map<std::string, std::string> tags{};        ///< All of them; an empty value means "has this tag".
  std::map<std::string, std::string> properties{};  ///< Likewise.
  std::string type{};                               ///< The service's word: `azureml.scriptrun`, `hyperdrive`, … Empty: all.
  std::string status{};                             ///< The service's word: `Running`, `Failed`, … Empty: all.
  bool include_children = false;                    ///< Also runs that others have started; of an experiment only.
  RunView view = RunView::active_only;
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
  /// Newest first, none when there is no such experiment yet. One request for each page, made when its first element is looked at (the
  /// first time in a workspace two more).
  Pager<Run> get_runs(GetRunsOptions const& options = {}) const;

 private:
  friend struct detail::Access;
  struct State;
  std::shared_ptr<State const> state_;
};

}  // namespace azureml
