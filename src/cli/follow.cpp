#include "cli/follow.hpp"

#include "cli/exit_code.hpp"
#include "cli/report.hpp"
#include "cli/run_json.hpp"

#include <azureml/error.hpp>

#include <cstdio>

namespace azureml::cli {

namespace {

void say(std::string const& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string how_to_go_on(Run const& run, WorkspaceChoice const& workspace) {
  auto const rest = shell_word(run.id()) + repeat_choice(workspace);
  return "azureml: stopped following; run '" + run.id() + "' goes on\n  follow it again:  azureml logs -f " + rest +
         "\n  cancel it:        azureml cancel " + rest + '\n';
}

void report_end(RunDetails const& details, FollowChoice const& choice, Progress& progress) {
  for (auto const& warning : details.warnings) say("azureml: warning: " + printable(warning) + '\n');
  if (details.status == RunState::failed) {
    if (!choice.show_log && details.error && !details.error->last_output.empty()) say(printable(details.error->last_output) + '\n');
    say("azureml: " + printable(describe_failure(details)) + '\n');
  } else if (details.status == RunState::canceled) {
    say("azureml: run '" + details.run_id + "' was canceled\n");
  } else {
    progress.line(printable("Run " + details.run_id + ": " + details.status.name()));
  }
}

}  // namespace

void print_log(LogChunk const& chunk, Progress const& progress) {
  bool const of_the_script = chunk.file.starts_with("user_logs/") || chunk.file.find("70_driver_log") != std::string_view::npos;
  if (of_the_script) write_out(chunk.text);
  else if (progress.shown()) say(printable(chunk.text));
}

int follow_to_end(Run const& run, WorkspaceChoice const& workspace, FollowChoice const& choice, Interrupt const& interrupt, Progress& progress) {
  WaitOptions options{.raise_on_error = false};
  if (choice.show_log) options.on_log = [&](LogChunk const& chunk) { print_log(chunk, progress); };
  options.on_status = [&](RunDetails const& details) {
    if (details.status.is_terminal()) return;
    auto const detail = details.status_detail.empty() ? "" : " (" + details.status_detail + ')';
    progress.line(printable("Run " + run.id() + ": " + details.status.name() + detail));
  };
  try {
    auto const details = run.wait_for_completion(options, interrupt.context());
    report_end(details, choice, progress);
    if (choice.json) write_out(to_json_text(details));
    return exit_code(details.status);
  } catch (StoppedError const&) {
    if (!interrupt.requested()) throw;
    say(how_to_go_on(run, workspace));
    return kInterrupted;
  }
}

}  // namespace azureml::cli
