#include "cli/command.hpp"
#include "cli/exit_code.hpp"

namespace azureml::cli {

namespace {

constexpr Command kCommands[] = {
    {"submit", "Submit a training script and follow its run", run_submit},
    {"plan", "Show what a submit of a folder would upload", run_plan},
    {"runs", "List runs, newest first", run_runs},
    {"show", "Show what is known of a run", run_show},
    {"logs", "Print or follow the log of a run", run_logs},
    {"download", "Download files of a run", run_download},
    {"upload", "Add files to those of a run", run_upload},
    {"restore", "Write the files a run was submitted with into a directory", run_restore},
    {"cancel", "Cancel a run", run_cancel},
    {"delete", "Delete runs that have ended, with their files", run_delete},
    {"tag", "Set, remove and show the tags of a run", run_tag},
    {"datastore", "List, fill, read and register the workspace's storage", run_datastore},
    {"engine", "Serve, look at or stop the engine of this machine", run_engine},
    {"doctor", "Check what runs need on this machine", run_doctor},
    {"completion", "Print what makes a shell complete commands and options", run_completion},
    {"man", "Print the manual page", run_man},
};

constexpr ExitMeaning kExitMeanings[] = {{kSuccess, "success"},
                                         {kError, "error"},
                                         {kUsage, "wrong options or a fault in what was given"},
                                         {kRunFailed, "the run failed"},
                                         {kRunCanceled, "the run was canceled"},
                                         {kInterrupted, "interrupted"}};

}  // namespace

std::span<ExitMeaning const> exit_meanings() { return kExitMeanings; }

std::span<Command const> all_commands() { return kCommands; }

}  // namespace azureml::cli
