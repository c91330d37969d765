#include "api/follow.hpp"
#include "core/make_error.hpp"

#include <azureml/run.hpp>

#include <iostream>

namespace azureml {

namespace {

/// Python's layout of a streamed run on standard output.
class Printer {
 public:
  explicit Printer(api::RunRecord const& run) : run_(run) {}

  void begin() const { heading(std::cout); }
  void chunk(LogChunk const& chunk) {
    if (chunk.file != file_) {
      file_ = chunk.file;
      std::cout << "\nStreaming " << file_ << '\n' << std::string(file_.size() + 10, '=') << "\n\n";
    }
    std::cout << chunk.text << std::flush;
    ends_line_ = chunk.text.empty() ? ends_line_ : chunk.text.back() == '\n';
  }
  void end(RunDetails const& details) const {
    std::cout << (ends_line_ ? "\n" : "\n\n") << "Execution Summary\n=================\n";
    heading(std::cout);
    if (!details.warnings.empty()) {
      std::cout << "\nWarnings:\n";
      for (auto const& warning : details.warnings) std::cout << warning << '\n';
    }
    if (details.error) std::cout << "\nError:\n" << details.error->code << ": " << details.error->message << '\n';
    std::cout << std::flush;
  }

 private:
  void heading(std::ostream& out) const {
    out << "RunId: " << run_.id << '\n';
    if (!run_.portal_url.empty()) out << "Web View: " << run_.portal_url << '\n';
  }
  api::RunRecord const& run_;
  std::string file_{};
  bool ends_line_ = true;
};

void raise(api::RunRecord const& run, RunDetails const& details) {
  if (details.status == RunState::failed) {
    auto failure = details.error.value_or(RunFailure{.code = "Unknown", .message = "the service gave no reason"});
    auto const message = "run '" + run.id + "' failed: " + failure.message;
    throw core::make_error<RunFailedError>(message, {.run_id = run.id, .failure = std::move(failure)});
  }
  if (details.status == RunState::canceled)
    throw core::make_error<RunCanceledError>("run '" + run.id + "' was canceled", {.run_id = run.id});
}

}  // namespace

RunDetails Run::wait_for_completion(WaitOptions const& options, Context const& context) const {
  auto const& run = *state_;
  Printer printer(run);
  std::string last_word;
  api::FollowPlan plan{.with_steps = options.show_output, .until_finalizing = !options.wait_post_processing};
  if (options.show_output || options.on_log)
    plan.on_log = [&](LogChunk const& chunk) {
      if (options.show_output) printer.chunk(chunk);
      if (options.on_log) options.on_log(chunk);
    };
  if (options.on_status)
    plan.on_details = [&](RunDetails const& details) {
      if (details.status.name() == last_word) return;
      last_word = details.status.name();
      options.on_status(details);
    };
  if (options.show_output) printer.begin();
  auto const details = api::follow(run, plan, context);
  if (options.show_output) printer.end(details);
  if (options.raise_on_error) raise(run, details);
  return details;
}

RunStatus Run::follow_logs(LogChunkHandler const& on_log, FollowOptions const& options, Context const& context) const {
  std::vector<Fault> faults;
  if (!on_log) faults.push_back({"on_log", "is empty", "give what is to be called with the log's bytes, or use wait_for_completion"});
  if ((options.files.empty() ? 0 : 1) + (options.ranks.empty() ? 0 : 1) + (options.all_ranks ? 1 : 0) > 1)
    faults.push_back({"options", "chooses logs in more than one way", "give one of ranks, all_ranks and files"});
  for (auto const rank : options.ranks)
    if (rank < 0) faults.push_back({"ranks", "has the number " + std::to_string(rank), "ranks count from 0"});
  if (!faults.empty()) throw core::validation_error("following the log of run '" + state_->id + "'", std::move(faults));
  api::FollowPlan const plan{.on_log = on_log,
                             .from = options.from,
                             .logs = {.ranks = options.ranks, .all_ranks = options.all_ranks, .files = options.files},
                             .only_what_is_there = !options.follow};
  return api::follow(*state_, plan, context).status;
}

}  // namespace azureml
