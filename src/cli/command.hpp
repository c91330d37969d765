#pragma once
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace azureml::cli {

/// The words after a subcommand's name.
struct Arguments {
  std::string command{};                              ///< "submit", for help and messages.
  std::vector<std::string> words{};                   ///< Up to a bare `--`.
  std::optional<std::vector<std::string>> rest{};     ///< After a bare `--`, when there is one.
  /// Set when the options are to be shown to it instead of being read: for the manual and the shells' completion. `parse` calls it and
  /// throws Described, so that a command does nothing.
  std::function<void(CLI::App const& app, bool takes_rest)> const* describe = nullptr;
};

/// Ends a command that was asked for its options alone.
struct Described {};

/// Returns the exit code. Throws what the library throws, UsageError, or CLI11's errors; `main` turns them into words.
using CommandFunction = int (*)(Arguments const& arguments);

struct Command {
  std::string_view name{}, summary{};
  CommandFunction run = nullptr;
};

/// Wrong options that CLI11 cannot see: exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The commands of the program, in the order of its help.
std::span<Command const> all_commands();

struct ExitMeaning {
  int code = 0;
  std::string_view meaning{};
};
/// Of the program's exit codes, for the help and the manual.
std::span<ExitMeaning const> exit_meanings();

/// A command that has verbs: calls the one the first word names, or prints their list. @throws UsageError for no verb or an unknown one
int run_group(Arguments const& arguments, std::string_view summary, std::span<Command const> verbs);

/// Parses the words into what the options are bound to. @throws CLI::ParseError, also for `--help`; UsageError for a `--` not expected,
/// Described.
void parse(CLI::App& app, Arguments const& arguments, bool rest_allowed = false);

/// An option that may be repeated and takes one value each time, as it is written.
CLI::Option* add_repeated(CLI::App& app, std::string const& name, std::vector<std::string>& values, std::string const& description);

int run_submit(Arguments const& arguments);
int run_plan(Arguments const& arguments);
int run_runs(Arguments const& arguments);
int run_show(Arguments const& arguments);
int run_logs(Arguments const& arguments);
int run_download(Arguments const& arguments);
int run_upload(Arguments const& arguments);
int run_restore(Arguments const& arguments);
int run_cancel(Arguments const& arguments);
int run_delete(Arguments const& arguments);
int run_tag(Arguments const& arguments);
int run_datastore(Arguments const& arguments);
int run_engine(Arguments const& arguments);
int run_doctor(Arguments const& arguments);
int run_completion(Arguments const& arguments);
int run_man(Arguments const& arguments);

}  // namespace azureml::cli
