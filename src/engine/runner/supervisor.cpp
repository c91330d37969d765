#include "engine/runner/supervisor.hpp"

#include "engine/runner/data_outputs.hpp"
#include "engine/runner/expressions.hpp"
#include "engine/runner/files.hpp"
#include "engine/runner/processes.hpp"
#include "engine/runner/script_environment.hpp"
#include "engine/runner/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kWarningsMax = 40;
constexpr std::size_t kWarningLength = 500;

RunError preparing_error(std::string code, std::string message) {
  return {.code = std::move(code), .message = std::move(message), .phase = "preparing"};
}

std::map<std::string, std::string> variables_of(PreparedData const& data) {
  std::map<std::string, std::string> variables;
  for (auto const& [name, value] : data.inputs) variables["AZURE_ML_INPUT_" + name] = value;
  for (auto const& [name, value] : data.outputs) variables["AZURE_ML_OUTPUT_" + name] = value;
  return variables;
}

std::string join(std::vector<std::string> const& names) {
  std::string result;
  for (auto const& name : names) result += (result.empty() ? "'" : ", '") + name + "'";
  return result;
}

}  // namespace

Supervisor::Supervisor(RunPaths paths, RunSpec spec)
    : paths_(std::move(paths)), spec_(std::move(spec)), wait_(paths_), journal_(paths_.journal()), results_(paths_), warnings_(spec_.warnings),
      host_(current_environment()) {}

void Supervisor::failed(RunError error) {
  if (!error_) error_ = std::move(error);
}

void Supervisor::run() {
  auto const self = process_info(::getpid());
  journal_.append("spawned", {{"pid", ::getpid()},
                              {"start_time", self ? self->start_time : 0},
                              {"boot_id", boot_id()},
                              {"attempt", spec_.attempt_id}});
  try {
    prepare_and_run();
  } catch (Interrupted const& interrupted) {
    stopped(interrupted.why);
  } catch (RunFailure const& failure) {
    failed(failure.error());
  } catch (std::exception const& error) {
    failed({.code = "RunPreparationFailed", .message = std::string("The run could not be carried out: ") + error.what(),
            .phase = script_ > 0 ? "script" : "preparing"});
  }
  finish();
  clear();
}

void Supervisor::prepare_and_run() {
  wait_.check();
  for (auto const& folder : {paths_.artifacts(), paths_.user_logs(), paths_.scratch()}) fs::create_directories(folder);
  check_names();
  auto const environment = make_environment();
  for (auto const& note : environment.notes) warnings_.push_back(note);
  wait_.check();
  auto const data = make_data();
  for (auto const& note : data.notes) warnings_.push_back(note);
  wait_.check();
  make_working_directory();
  auto inputs = spec_.inputs;
  inputs.insert(data.inputs.begin(), data.inputs.end());
  command_ = substitute(spec_.command, inputs, data.outputs).text;
  follow_files();
  ordered_json started{{"environment", environment.key}, {"built", environment.built}};
  if (!data.way.empty()) started["data"] = data.way;
  journal_.append("started", started);
  launch(command_, environment, data);
  await_script();
}

/// A name without a value is found before anything is built or copied for it.
void Supervisor::check_names() const {
  auto inputs = spec_.inputs;
  std::map<std::string, std::string> outputs;
  for (auto const& input : spec_.data_inputs) inputs.emplace(input.name, "");
  for (auto const& output : spec_.data_outputs) outputs.emplace(output.name, "");
  auto const unknown = substitute(spec_.command, inputs, outputs).unknown;
  if (!unknown.empty())
    throw RunFailure(preparing_error("UserError", "The command names " + join(unknown) +
                                                      " in ${{…}}, but the job has no such input; add it to the job's inputs or correct the command."));
}

void Supervisor::make_working_directory() {
  if (!remove_tree(paths_.work())) throw std::runtime_error("'" + paths_.work().string() + "' holds something that cannot be removed");
  if (spec_.code_directory.empty()) {
    fs::create_directory(paths_.work());
  } else {
    try {
      copy_tree(spec_.code_directory, paths_.work(), {.check = [this] { wait_.check(); }});
    } catch (fs::filesystem_error const& error) {
      throw RunFailure(preparing_error("SnapshotUnavailable", std::string("The run's code could not be copied: ") + error.what()));
    }
  }
  for (auto const& folder : {paths_.work() / "outputs", paths_.work() / "logs"}) fs::create_directories(folder);
}

PreparedData Supervisor::make_data() {
  return prepare_data(spec_, paths_, host_,
                      {.run_tool = [this](SpawnRequest const& request) { return wait_.wait(spawn(request), std::nullopt); },
                       .check = [this] { wait_.check(); },
                       .progress = [this](std::string const& detail) { journal_.append("preparing", {{"detail", detail}}); }});
}

PreparedEnvironment Supervisor::make_environment() {
  EnvironmentHost const host{.run_tool = [this](SpawnRequest const& request) { return run_tool(request); },
                             .wait_for_lock = [this](int fd, int operation) { wait_for_lock(fd, operation); }};
  return prepare_environment({.environments = spec_.environments,
                              .python = spec_.python,
                              .has_conda_file = spec_.has_conda_file,
                              .conda_file = spec_.conda_file,
                              .build_log = paths_.build_log(),
                              .host_environment = host_},
                             host);
}

int Supervisor::run_tool(SpawnRequest const& request) {
  if (!std::exchange(building_, true)) journal_.append("preparing", {{"detail", "building the environment"}});
  auto const tool = spawn(request);
  return wait_.wait(tool, std::nullopt);
}

/// flock has no form that can be waited for besides other things, so a child waits: the lock belongs to the open file, not to the process.
void Supervisor::wait_for_lock(int fd, int operation) {
  if (::flock(fd, operation | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) throw std::system_error(errno, std::generic_category(), "cannot lock an environment");
  journal_.append("preparing", {{"detail", "waiting for another run that builds the environment"}});
  pid_t const parent = ::getpid();
  pid_t const waiter = ::fork();
  if (waiter < 0) throw std::system_error(errno, std::generic_category(), "cannot wait for an environment's lock");
  if (waiter == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The supervisor's own lock must not outlive it in here.
    if (fd != 3) ::dup2(fd, 3);
    ::close_range(4, ~0U, 0);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::getppid() != parent) ::_exit(1);
    ::_exit(::flock(3, operation) == 0 ? 0 : 1);
  }
  if (wait_.wait(waiter, std::nullopt) != 0) throw std::runtime_error("waiting for an environment's lock failed");
}

void Supervisor::follow_files() {
  wait_.files().add(paths_.work() / "logs", [this](fs::path const& name, bool) { results_.log_changed(name); });
  wait_.files().add(paths_.work() / "outputs", [this](fs::path const& name, bool closed) {
    results_.output_changed(name, closed, std::chrono::steady_clock::now());
  });
  wait_.set_chores({.next = [this] { return results_.next_due(); }, .run = [this](ChildWait::Time now) { results_.publish_due(now); }});
}

void Supervisor::launch(std::string const& command, PreparedEnvironment const& environment, PreparedData const& data) {
  // The log is the script's own descriptor: whatever becomes of this process, no byte of it is lost.
  auto const log = base::open_file(paths_.std_log(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  SpawnRequest request{.program = "/bin/bash", .arguments = {"bash", "-c", command}};
  request.environment = script_environment(spec_, host_, environment.bin, paths_.work(), variables_of(data));
  request.working_directory = paths_.work().string();
  request.standard_output = request.standard_error = log.get();
  request.mounts = data.mounts;
  request.mount_way = data.mount_way;
  wait_.check();
  script_ = spawn(request);
  auto const info = process_info(script_);
  script_start_time_ = info ? info->start_time : 0;
  journal_.append("launched", {{"pid", script_}, {"pgid", script_}, {"start_time", script_start_time_}});
}

void Supervisor::await_script() {
  std::optional<ChildWait::Time> deadline;
  if (spec_.timeout) deadline = std::chrono::steady_clock::now() + *spec_.timeout;
  int const status = wait_.wait(script_, deadline);
  ordered_json how{{"exit_code", nullptr}, {"signal", nullptr}};
  if (WIFSIGNALED(status)) how["signal"] = WTERMSIG(status);
  if (WIFEXITED(status)) how["exit_code"] = WEXITSTATUS(status);
  journal_.append("exited", how);
  if (status != 0) failed(script_error(command_, status, paths_.std_log()));
}

void Supervisor::stopped(Stop why) {
  if (why == Stop::canceled) canceled_ = true;
  if (why == Stop::timed_out)
    failed({.code = "JobTimedOut",
            .message = "The run was ended because it took longer than its limits.timeout of " + std::to_string(spec_.timeout->count()) +
                       " seconds; give it more time or less work.",
            .phase = "script"});
  if (why == Stop::terminated)
    failed({.code = "SupervisorTerminated",
            .message = "The run was ended because its supervisor was told to end (SIGTERM): the machine is shutting down, or somebody ended it.",
            .phase = script_ > 0 ? "script" : "preparing"});
  sweep();
  if (script_ > 0) {
    journal_.append("exited", {{"exit_code", nullptr}, {"signal", nullptr}, {"ended_by", why == Stop::canceled ? "cancel" : why == Stop::timed_out ? "timeout" : "shutdown"}});
    if (error_) error_->last_output = tail_of(paths_.std_log());
  }
}

void Supervisor::sweep() {
  // Whatever a run starts descends from this process for good (it is the subreaper), so no child means that nothing is left.
  if (no_children_left()) return;
  ProcessScope const scope{.run_id = spec_.run_id, .group = script_, .group_start_time = script_start_time_, .descendants = true};
  while (!end_processes(scope, spec_.cancel_grace, kPatience)) journal_.append("finalizing", {{"detail", "waiting for processes that withstand SIGKILL"}});
}

/// Before the results are collected: a link in an output may lead to them.
void Supervisor::store_outputs() {
  std::error_code error;
  if (script_ == 0 || spec_.data_outputs.empty() || !fs::exists(paths_.data(), error)) return;
  journal_.append("finalizing", {{"detail", "storing the outputs"}});
  DataOutputs outputs(paths_, spec_.data_outputs, [this](DataOutputs::Batch const& batch) {
    journal_.append("stored", {{"begin", batch.begin}, {"end", batch.end}, {"files", batch.files}});
  });
  try {
    outputs.store_all();
    kept_ = outputs.failure();
  } catch (std::exception const& failure) {
    kept_ = std::string("its outputs could not be stored: ") + failure.what();
  }
  if (!kept_.empty() && !canceled_) failed({.code = "OutputsNotKept", .message = "The script has ended, but " + kept_ + ".", .phase = "upload"});
  if (!kept_.empty()) warnings_.push_back(kept_);
  for (auto const& warning : outputs.warnings()) warnings_.push_back(warning);
  for (auto const& output : spec_.data_outputs)
    if (outputs.has_files(output.name)) outputs_with_files_.insert(output.name);
}

void Supervisor::collect_results() {
  if (!fs::exists(paths_.work())) return;
  results_.collect_all(!spec_.keep_working_directory);
  if (!results_.failure().empty() && !canceled_)
    failed({.code = "OutputsNotKept", .message = "The script has ended, but " + results_.failure(), .phase = "upload"});
  for (auto const& warning : results_.warnings()) warnings_.push_back(warning);
  journal_.append("uploaded", {{"files", results_.files()}, {"bytes", results_.bytes()}});
}

/// Only what a script has brought to a good end becomes a data asset.
void Supervisor::register_outputs() {
  if (canceled_ || error_ || script_ == 0) return;
  for (auto const& output : spec_.data_outputs) {
    if (output.asset_name.empty()) continue;
    if (!outputs_with_files_.contains(output.name)) {
      warnings_.push_back("output '" + output.name + "' was not registered as '" + output.asset_name + "': it has no file");
      continue;
    }
    journal_.append("registered", {{"output", output.name},
                                   {"asset", output.asset_name},
                                   {"type", output.asset_type},
                                   {"address", output.address}});
  }
}

void Supervisor::finish() {
  sweep();
  if (!canceled_ && wait_.look_for_cancel()) canceled_ = true;
  store_outputs();
  collect_results();
  if (!canceled_ && wait_.look_for_cancel()) canceled_ = true;
  register_outputs();
  if (warnings_.size() > kWarningsMax) {
    warnings_.resize(kWarningsMax - 1);
    warnings_.emplace_back("there were more warnings than are kept");
  }
  for (auto& warning : warnings_) warning = valid_utf8(warning.substr(0, kWarningLength));
  ordered_json record{{"status", canceled_ ? "Canceled" : error_ ? "Failed" : "Completed"}};
  if (error_ && !canceled_) {
    error_->message = valid_utf8(error_->message.substr(0, 8192));
    record["error"] = to_json(*error_);
  }
  record["warnings"] = warnings_;
  journal_.append("ended", record);
}

void Supervisor::clear() {
  remove_tree(paths_.scratch());
  if (!spec_.keep_working_directory) remove_tree(paths_.work());
  // What could not be stored stays where it is.
  remove_tree(kept_.empty() ? paths_.data() : paths_.data() / "in");
}

}  // namespace azureml::engine::runner
