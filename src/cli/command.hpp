#pragma once
#include <optional>
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
};

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

/// Parses the words into what the options are bound to. @throws CLI::ParseError, also for `--help`; UsageError for a `--` not expected.
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
int run_tag(Arguments const& arguments);
int run_datastore(Arguments const& arguments);
int run_engine(Arguments const& arguments);

}  // namespace azureml::cli
