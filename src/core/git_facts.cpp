#include "core/git_facts.hpp"

#include "core/names.hpp"
#include "core/packages.hpp"
#include "core/tool.hpp"

#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace azureml::core {
namespace {

namespace fs = std::filesystem;

// Deeper than any path the system allows, so the walk to the root always ends by itself.
constexpr int kParentsMax = 4096;

struct GitState {
  std::string repository_uri{}, branch{}, commit{};
  bool dirty = false;
};

bool in_repository(fs::path const& folder) {
  std::error_code error;
  auto directory = fs::canonical(folder, error);
  for (int step = 0; !error && step < kParentsMax; ++step) {
    if (fs::exists(directory / ".git", error)) return true;
    if (directory == directory.parent_path()) return false;
    directory = directory.parent_path();
  }
  return false;
}

ToolResult git(fs::path const& folder, std::vector<std::string> const& arguments, std::stop_token const& stop) {
  // A repository's own configuration must not start programs, and looking must not write to it.
  std::vector<std::string> command{"git", "-c", "core.fsmonitor=false", "-C", folder.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_tool(command, {"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"}, {}, stop);
}

std::string first_line(std::string const& text) {
  return text.substr(0, text.find('\n'));
}

/// Reads `git status --porcelain=v2 --branch`: heads first, then a line for each change.
void read_status(std::string_view text, GitState& state) {
  constexpr std::string_view kCommit = "# branch.oid ";
  constexpr std::string_view kBranch = "# branch.head ";
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto const line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with(kCommit) && line != "# branch.oid (initial)")
      state.commit = line.substr(kCommit.size());
    else if (line.starts_with(kBranch) && line != "# branch.head (detached)")
      state.branch = line.substr(kBranch.size());
    else if (!line.empty() && !line.starts_with('#'))
      state.dirty = true;
  }
}

GitState ask_git(fs::path const& folder, std::stop_token const& stop) {
  GitState state;
  if (!in_repository(folder)) return state;
  auto const status = git(folder, {"status", "--porcelain=v2", "--branch", "--", "."}, stop);
  if (!status.succeeded && !status.cut) return state;
  read_status(status.output, state);
  auto const url = git(folder, {"ls-remote", "--get-url"}, stop);
  // Without any remote git answers with the name it would have looked for.
  if (auto const line = first_line(url.output); url.succeeded && line != "origin") state.repository_uri = line;
  return state;
}

std::string variable_or(char const* name, std::string const& otherwise) {
  char const* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

}  // namespace

std::map<std::string, std::string> git_facts(fs::path const& folder, std::stop_token const& stop) {
  auto const state = ask_git(folder, stop);
  auto const uri = variable_or("AZUREML_GIT_REPOSITORY_URI", state.repository_uri);
  auto const branch = variable_or("AZUREML_GIT_BRANCH", state.branch);
  auto const commit = variable_or("AZUREML_GIT_COMMIT", state.commit);
  if (has_credentials(uri)) return {};
  std::map<std::string, std::string> facts{
      {"azureml.git.repository_uri", uri},
      {"mlflow.source.git.repoURL", uri},
      {"azureml.git.branch", branch},
      {"mlflow.source.git.branch", branch},
      {"azureml.git.commit", commit},
      {"mlflow.source.git.commit", commit},
      {"azureml.git.dirty", variable_or("AZUREML_GIT_DIRTY", state.commit.empty() ? ""
                                                             : state.dirty        ? "True"
                                                                                  : "False")},
      {"azureml.git.build_id", variable_or("AZUREML_GIT_BUILD_ID", "")},
      {"azureml.git.build_uri", variable_or("AZUREML_GIT_BUILD_URI", "")}};
  std::erase_if(facts, [](auto const& fact) { return fact.second.empty() || !is_plain_text(fact.second); });
  return facts;
}

}  // namespace azureml::core
