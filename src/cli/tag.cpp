#include "cli/command.hpp"
#include "cli/estimator_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/run_json.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/run.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

namespace azureml::cli {

namespace {

std::map<std::string, std::string> read_tags(std::vector<std::string> const& words, std::vector<std::string> const& removed) {
  std::map<std::string, std::string> tags;
  for (auto const& word : words) {
    auto const pair = key_and_value(word);
    auto const& key = pair ? pair->first : word;
    if (!tags.emplace(key, pair ? pair->second : "").second) throw UsageError("the tag '" + printable(key) + "' is given twice");
    if (std::ranges::find(removed, key) != removed.end()) throw UsageError("the tag '" + printable(key) + "' is to be set and to be removed");
  }
  return tags;
}

std::string lines(std::map<std::string, std::string> const& tags) {
  std::string text;
  for (auto const& [key, value] : tags) text += printable(value.empty() ? key : key + '=' + value) + '\n';
  return text;
}

}  // namespace

int run_tag(Arguments const& arguments) {
  WorkspaceChoice choice;
  std::string id;
  std::vector<std::string> words, removed;
  bool json = false;
  CLI::App app{"Set and remove tags of a run, then show all it has. Without any it shows them only."};
  app.add_option("run", id, "Id of the run")->required()->type_name("RUN");
  app.add_option("tags", words, "Tags to set; others stay as they are")->type_name("KEY[=VALUE]...");
  add_repeated(app, "--remove", removed, "A tag to remove, set or not")->type_name("KEY");
  app.add_flag("--json", json, "The tags as a JSON object");
  add_workspace_options(app, choice);
  parse(app, arguments);

  auto const tags = read_tags(words, removed);
  Interrupt const interrupt;
  auto const run = open_workspace(choice).get_run(id, interrupt.context());
  run.set_tags(tags, interrupt.context());
  run.remove_tags(removed, interrupt.context());
  auto const now = run.get_tags(interrupt.context());
  write_out(json ? to_json_text(now) : lines(now));
  return kSuccess;
}

}  // namespace azureml::cli
