#include "api/submit.hpp"

#include "api/local_inputs.hpp"
#include "api/pending_upload.hpp"
#include "api/polling.hpp"
#include "api/run_id.hpp"
#include "api/snapshot_upload.hpp"
#include "base/encoding.hpp"
#include "base/uuid.hpp"
#include "core/lower.hpp"
#include "core/lower_command.hpp"
#include "core/make_error.hpp"
#include "snapshot/cache_directory.hpp"
#include "snapshot/hashes.hpp"

#include <algorithm>
#include <chrono>

namespace azureml::api {

namespace {

/// The property of a code asset that tells folders of one content hash apart.
constexpr char kTreeProperty[] = "azureml-cpp.tree_sha256";

/// Reports at most ten times a second and once at the end.
class HashProgress {
 public:
  HashProgress(ProgressHandler const& handler, snapshot::Plan const& plan, base::Clock& clock) : handler_(handler), clock_(clock) {
    progress_.phase = TransferPhase::hashing;
    progress_.bytes_total = plan.bytes;
    progress_.files_total = plan.files.size();
  }
  void bytes(std::uint64_t count, std::string const& file) {
    if (!handler_) return;
    if (file != current_) {
      progress_.files_done += current_.empty() ? 0 : 1;
      current_ = file;
    }
    progress_.bytes_done += count;
    auto const now = clock_.steady_now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    progress_.current = current_;
    handler_(progress_);
  }
  void end() {
    if (!handler_) return;
    progress_.bytes_done = progress_.bytes_total;
    progress_.files_done = progress_.files_total;
    progress_.current = {};
    handler_(progress_);
  }

 private:
  ProgressHandler const& handler_;
  base::Clock& clock_;
  TransferProgress progress_{};
  std::string current_{};
  std::chrono::steady_clock::time_point last_{};
};

class Submission {
 public:
  Submission(WorkspacePtr const& workspace, std::string const& experiment, SubmitOptions const& options, Context const& context)
      : workspace_(workspace), experiment_(experiment), options_(options), deadline_(context, workspace->clock()), stop_(context.stop),
        run_id_(options.run_id.empty() ? make_run_id(experiment, workspace->clock().now()) : options.run_id),
        what_("submitting run '" + run_id_ + "': nothing was started") {}

  Run run(Estimator const& estimator) {
    check_options();
    auto const facts = core::inspect(estimator, options_.snapshot, stop_);
    auto job = core::lower(estimator, facts);
    refuse_secrets(job);
    core::lower_data(upload_local_inputs(workspace_, estimator, options_.on_progress, deadline_), job);
    job.warnings.insert(job.warnings.end(), facts.plan.warnings.begin(), facts.plan.warnings.end());
    note_warnings(job);
    rest::JobIds const ids{.code_id = code_id(facts.plan), .environment_id = environment_id(job.environment)};
    auto display_name = options_.display_name.empty() ? run_id_ : options_.display_name;
    rest::JobLabels const labels{.experiment_name = experiment_, .display_name = std::move(display_name),
                                 .description = options_.description, .tags = options_.tags};
    auto const created = rest::put_command_job(connection(), run_id_, job, ids, labels, next());
    workspace_->logger.info("submitted run '" + run_id_ + "' of experiment '" + experiment_ + "'");
    return make_run(workspace_, created);
  }

 private:
  [[nodiscard]] rest::Connection const& connection() const { return workspace_->connection; }
  [[nodiscard]] Context next() const { return deadline_.next(what_); }

  void check_options() const {
    if (auto const problem = run_id_problem(run_id_); !problem.empty())
      throw core::validation_error("the run's id", {{.field = "run_id", .problem = "'" + run_id_ + "' " + problem,
                                                     .remedy = "take one from Experiment::new_run_id()"}});
  }

  /// A job's definition is readable by everybody in the workspace, so passwords never go in; the other ways are not here yet.
  static void refuse_secrets(core::JobDefinition const& job) {
    std::vector<Fault> faults;
    if (job.registry)
      faults.push_back({"image_registry_details", "a job carries no password of a registry, and this version makes no connections",
                        "add a connection for '" + job.registry->address + "' to the workspace and leave the member empty"});
    if (!job.secret_variables.empty())
      faults.push_back({"secret_environment_variables", "this version has no way to hand secrets to a job",
                        "let the script fetch '" + job.secret_variables.begin()->first + "' from a vault at run time"});
    if (!faults.empty()) throw core::validation_error("the estimator", std::move(faults));
  }

  /// A job has no place for warnings of the client, so they travel as properties and come back with the run's details.
  void note_warnings(core::JobDefinition& job) const {
    int number = 0;
    for (auto const& warning : job.warnings) {
      workspace_->logger.warning("run '" + run_id_ + "': " + warning);
      job.properties["azureml-cpp.warning." + std::to_string(++number)] = warning;
    }
  }

  std::string environment_id(core::JobEnvironment const& environment) const {
    if (!environment.reference.empty()) return environment.reference;
    return rest::put_environment(connection(), environment, next());
  }

  std::string code_id(snapshot::Plan const& plan) const {
    auto const cache = options_.snapshot.use_cache ? snapshot::user_cache_directory(workspace_->logger) : std::filesystem::path{};
    auto const hashes = hash(plan, cache);
    auto const name = base::new_uuid();
    if (auto const known = rest::find_code(connection(), name, hashes.content, next(),
                                           [&](rest::CodeVersion const& found) { return has_tree(found, hashes.tree); })) {
      workspace_->logger.debug("the snapshot is known as '" + known->id + "'");
      return known->id;
    }
    PendingUpload pending(cache, {.endpoint = connection().resource_manager, .workspace_path = connection().workspace_path, .tree = hashes.tree},
                          workspace_->clock(), workspace_->logger);
    auto const code = upload(plan, name, pending);
    auto id = rest::put_code(connection(), code.name, code.version, code.blob_uri + "/" + base::percent_encode(code.folder),
                             {{"hash_sha256", hashes.content}, {"hash_version", "202208"}, {kTreeProperty, hashes.tree}}, next()).id;
    pending.forget();
    return id;
  }

  snapshot::TreeHashes hash(snapshot::Plan const& plan, std::filesystem::path const& cache) const {
    HashProgress progress(options_.on_progress, plan, workspace_->clock());
    auto hashes = snapshot::hash_tree(plan, {.cache_directory = cache,
                                             .on_bytes = [&](std::uint64_t count, std::string const& file) {
                                               (void)next();  // the call's time may be over
                                               progress.bytes(count, file);
                                             },
                                             .stop = stop_, .clock = &workspace_->clock(), .logger = workspace_->logger});
    progress.end();
    return hashes;
  }

  /// The service's look-up is by a hash that different folders can share. Other clients leave nothing better behind; then theirs is believed.
  bool has_tree(rest::CodeVersion const& found, std::string const& tree) const {
    auto const property = found.properties.find(kTreeProperty);
    if (property == found.properties.end() || property->second == tree) return true;
    workspace_->logger.debug("'" + found.id + "' has the snapshot's content hash, but other files");
    return false;
  }

  /// Goes on with an upload that was interrupted, else begins one.
  PendingCode upload(snapshot::Plan const& plan, std::string const& name, PendingUpload& pending) const {
    SnapshotUpload const files(connection().pipeline, plan, options_.on_progress, workspace_->logger);
    if (auto const begun = pending.begun()) {
      try {
        send_files([&](Context const& context) { files.go_on(*begun, context); });
        return *begun;
      } catch (ServiceError const& error) {
        if (error.status() != 403 && error.status() != 404) throw;
        workspace_->logger.debug("the place of an interrupted upload is of no use any more: " + std::string(error.what()));
      }
    }
    auto const code = start_upload(plan, name);
    pending.remember(code);
    send_files([&](Context const& context) { files.begin(code, context); });
    return code;
  }

  /// A stop in the middle says what came of the run, too.
  template <class Send>
  void send_files(Send const& send) const {
    auto const context = next();
    try {
      send(context);
    } catch (StoppedError const& error) {
      throw core::make_error<StoppedError>("stopped " + what_ + " (" + error.what() + ")", {.timed_out = error.timed_out()});
    }
  }

  PendingCode start_upload(snapshot::Plan const& plan, std::string const& name) const {
    std::string const version = "1";
    auto place = rest::start_pending_upload(connection(), name, version, next());
    auto folder = std::filesystem::weakly_canonical(plan.root).filename().string();
    if (folder.empty()) folder = "snapshot";
    return {.name = name, .version = version, .blob_uri = std::move(place.blob_uri), .sas_uri = std::move(place.sas_uri), .folder = std::move(folder)};
  }

  WorkspacePtr const& workspace_;
  std::string const& experiment_;
  SubmitOptions const& options_;
  Deadline deadline_;
  std::stop_token stop_;
  std::string run_id_;
  std::string what_;
};

}  // namespace

Run submit(WorkspacePtr const& workspace, std::string const& experiment, Estimator const& estimator, SubmitOptions const& options,
           Context const& context) {
  return Submission(workspace, experiment, options, context).run(estimator);
}

}  // namespace azureml::api
