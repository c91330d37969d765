#include "cli/report.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include <azureml/error.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>

namespace azureml::cli {

namespace {

int say(std::string_view text, int code) {
  auto const line = "azureml: " + printable(text) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
  return code;
}

int report(std::string const& command) {
  try {
    throw;
  } catch (CLI::CallForHelp const&) {
    return kSuccess;  // the command has printed its own help
  } catch (CLI::ParseError const& error) {
    return say(std::string(error.what()) + "; `azureml " + command + " --help` lists the options", kUsage);
  } catch (UsageError const& error) {
    return say(error.what(), kUsage);
  } catch (ValidationError const& error) {
    return say(error.what(), kUsage);
  } catch (StoppedError const& error) {
    return say(error.what(), error.timed_out() ? kError : kInterrupted);
  } catch (RunFailedError const& error) {
    return say(error.what(), kRunFailed);
  } catch (RunCanceledError const& error) {
    return say(error.what(), kRunCanceled);
  } catch (std::exception const& error) {
    return say(error.what(), kError);
  }
}

}  // namespace

int report_current_exception(std::string const& command) noexcept {
  try {
    return report(command);
  } catch (...) {
    return kError;  // no memory for the words, or an exception that is none
  }
}

int exit_code(RunStatus const& status) noexcept {
  if (status == RunState::failed) return kRunFailed;
  if (status == RunState::canceled) return kRunCanceled;
  return kSuccess;
}

std::string describe_failure(RunDetails const& details) {
  std::string text = "run '" + details.run_id + "' failed";
  if (!details.error) return text + "; the service gave no reason";
  auto const& failure = *details.error;
  if (!failure.phase.empty()) text += " in " + failure.phase;
  text += ": " + (failure.message.empty() ? failure.code : failure.message);
  if (failure.rank) text += " (rank " + std::to_string(*failure.rank) + ")";
  return text;
}

}  // namespace azureml::cli
