#include "cli/command.hpp"
#include "cli/estimator_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/follow.hpp"
#include "cli/run_json.hpp"
#include "cli/snapshot_options.hpp"

#include <azureml/error.hpp>
#include <azureml/experiment.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>

namespace azureml::cli {

namespace {

struct SubmitChoice {
  WorkspaceChoice workspace{};
  EstimatorOptions estimator{};
  SnapshotChoice snapshot{};
  std::string experiment{}, run_id{}, display_name{}, description{};
  std::vector<std::string> tags{};
  ProgressStyle progress = ProgressStyle::automatic;
  bool no_follow = false, quiet = false, json = false;
};

/// The folder's name, as far as an experiment's name allows it.
std::string default_experiment(std::filesystem::path const& source_directory) {
  auto const name = std::filesystem::weakly_canonical(source_directory).filename().string();
  std::string allowed;
  for (char const c : name) {
    bool const good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c == '-' && !allowed.empty());
    if (good) allowed += c;
  }
  return allowed.empty() ? "experiment" : allowed.substr(0, 200);
}

/// A submit that was stopped: whether the service has the run all the same is asked, not assumed.
int report_stopped(Workspace const& workspace, WorkspaceChoice const& choice, std::string const& run_id) {
  std::string text;
  try {
    auto const run = workspace.get_run(run_id, within(std::chrono::seconds(5)));
    auto const rest = shell_word(run.id()) + repeat_choice(choice);
    text = "azureml: interrupted, but run '" + run.id() + "' was submitted already\n  follow it:  azureml logs -f " + rest +
           "\n  cancel it:  azureml cancel " + rest + '\n';
  } catch (NotFoundError const&) {
    text = "azureml: interrupted; nothing was submitted\n";
  } catch (std::exception const&) {
    text = "azureml: interrupted; whether run '" + run_id + "' was submitted could not be found out: azureml show " +
           shell_word(run_id) + repeat_choice(choice) + '\n';
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  return kInterrupted;
}

void add_options(CLI::App& app, SubmitChoice& choice) {
  add_estimator_options(app, choice.estimator);
  add_snapshot_options(app, choice.snapshot);
  app.option_defaults()->group("Run");
  app.add_option("--experiment", choice.experiment, "Experiment the run belongs to (default: the folder's name)")->type_name("NAME");
  app.add_option("--run-id", choice.run_id, "Id of the run; submitting the same again gives the same run")->type_name("ID");
  app.add_option("--display-name", choice.display_name, "Name shown for the run")->type_name("TEXT");
  app.add_option("--description", choice.description, "Description of the run")->type_name("TEXT");
  add_repeated(app, "--tag", choice.tags, "Tag of the run")->type_name("KEY[=VALUE]");
  auto* const no_follow = app.add_flag("--no-follow", choice.no_follow, "Print the run's id and return at once");
  app.add_flag("-q,--quiet", choice.quiet, "Wait for the end without showing the log")->excludes(no_follow);
  app.add_flag("--json", choice.json, "Print the run's record as JSON instead of its log");
  add_progress_option(app, choice.progress);
  add_workspace_options(app, choice.workspace);
  app.footer("The log goes to standard output, everything else to standard error.\n"
             "Example: azureml submit ./train --entry-script train.py --conda-package scikit-learn --script-param=--alpha=0.8");
}

SubmitOptions submit_options(SubmitChoice const& choice, Progress& progress) {
  SubmitOptions options{.display_name = choice.display_name, .description = choice.description, .run_id = choice.run_id};
  options.snapshot = snapshot_options(choice.snapshot);
  for (auto const& tag : choice.tags) {
    auto const pair = key_and_value(tag);
    options.tags[pair ? pair->first : tag] = pair ? pair->second : "";
  }
  options.on_progress = progress.handler();
  return options;
}

}  // namespace

int run_submit(Arguments const& arguments) {
  SubmitChoice choice;
  CLI::App app{"Submit a training script, show its log while it runs, and exit as it did."};
  add_options(app, choice);
  auto joined = arguments;
  joined.words = join_script_params(std::move(joined.words));
  parse(app, joined, true);

  auto const estimator = make_estimator(choice.estimator, arguments.rest, choice.workspace.is_service() ? "" : "local");
  Interrupt const interrupt;  // before the library makes a thread
  Progress progress(choice.progress);
  auto const workspace = open_workspace(choice.workspace);
  Experiment const experiment(workspace, choice.experiment.empty() ? default_experiment(estimator.source_directory) : choice.experiment);
  auto options = submit_options(choice, progress);
  if (options.run_id.empty()) options.run_id = experiment.new_run_id();

  std::optional<Run> run;
  try {
    run = experiment.submit(estimator, options, interrupt.context());
  } catch (StoppedError const&) {
    progress.clear();
    if (!interrupt.requested()) throw;
    return report_stopped(workspace, choice.workspace, options.run_id);
  }
  progress.clear();
  if (choice.no_follow) {
    write_out(choice.json ? to_json_text(run->get_details(interrupt.context())) : run->id() + '\n');
    return kSuccess;
  }
  auto const url = run->get_portal_url();
  progress.line(printable("Run " + run->id() + (url.empty() ? "" : ", " + url)));
  return follow_to_end(*run, choice.workspace, {.show_log = !choice.quiet && !choice.json, .json = choice.json}, interrupt, progress);
}

}  // namespace azureml::cli
