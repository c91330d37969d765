#include "cli/command.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include "api/local/home.hpp"

#include <azureml/version.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace azureml::cli {

namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

/// Programs that are there or not; what they are for when they are not. The first of several names that is there counts.
struct Tool {
  std::string_view check{};
  std::vector<std::vector<std::string>> commands{};
  std::string_view purpose{};
};

std::vector<Tool> optional_tools() {
  return {{"conda", {{"micromamba", "--version"}, {"mamba", "--version"}, {"conda", "--version"}}, "conda packages are taken from PyPI where they have a known name there"},
          {"podman", {{"podman", "--version"}}, "one way of running images is missing"},
          {"docker", {{"docker", "--version"}}, "one way of running images is missing"},
          {"mpi", {{"mpirun", "--version"}}, "runs with MPI need it"},
          {"slurm", {{"sbatch", "--version"}}, "runs on a Slurm cluster need it"}};
}

ToolFacts first_found(std::vector<std::vector<std::string>> const& commands) {
  for (auto const& command : commands)
    if (auto const facts = look_for_tool(command); facts.is_found) return facts;
  return {};
}

/// Python's `-m pip` fails when there is a Python but no pip.
ToolFacts look_for_pip() {
  auto const facts = look_for_tool({"python3", "-m", "pip", "--version"});
  return facts.answered ? facts : ToolFacts{};
}

Finding program_finding() {
  return {.check = "program", .message = this_program().string() + ", version " + std::string(version())};
}

std::chrono::system_clock::time_point newest_of(std::vector<fs::path> const& files) {
  auto newest = std::chrono::system_clock::time_point::min();
  for (auto const& file : files) {
    std::error_code error;
    auto const time = fs::last_write_time(file, error);
    if (!error) newest = std::max(newest, std::chrono::time_point_cast<std::chrono::system_clock::duration>(std::chrono::file_clock::to_sys(time)));
  }
  return newest;
}

std::optional<std::string> variable(std::string const& name) {
  auto const* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::vector<Finding> examine(fs::path const& home) {
  std::vector<Finding> findings{program_finding()};
  auto const facts = engine::front::look_at_home(home);
  findings.push_back(judge_home(facts, ::geteuid()));
  findings.push_back(judge_space(facts));
  findings.push_back(judge_engine(engine::front::read_status(home), version(), home.string()));
  for (auto& finding : judge_installers(look_for_tool({"uv", "--version"}), look_for_pip())) findings.push_back(std::move(finding));
  for (auto const& tool : optional_tools()) findings.push_back(judge_tool(std::string(tool.check), first_found(tool.commands), tool.purpose));
  for (auto& finding : judge_proxy(variable)) findings.push_back(std::move(finding));
  findings.push_back(judge_clock(std::chrono::system_clock::now(), newest_of({home / "identity.json", home / "engine.json", this_program()})));
  return findings;
}

std::string_view word(Level level) { return level == Level::ok ? "ok" : level == Level::warning ? "warning" : "error"; }

std::string json_text(std::vector<Finding> const& findings, Level worst) {
  auto array = nlohmann::ordered_json::array();
  for (auto const& finding : findings)
    array.push_back({{"check", finding.check},
                     {"level", word(finding.level)},
                     {"message", finding.message},
                     {"remedy", finding.remedy.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(finding.remedy)}});
  nlohmann::ordered_json const record{{"level", word(worst)}, {"findings", std::move(array)}};
  return record.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string plain_text(std::vector<Finding> const& findings) {
  std::string text;
  for (auto const& finding : findings) {
    auto const level = std::string(word(finding.level));
    text += painted(level + std::string(9 - level.size(), ' '), finding.level == Level::ok ? Paint::good : finding.level == Level::warning ? Paint::doubtful : Paint::bad);
    text += finding.check + std::string(9 - std::min<std::size_t>(finding.check.size(), 8), ' ') + printable(finding.message) + '\n';
    if (!finding.remedy.empty()) text += std::string(18, ' ') + "remedy: " + printable(finding.remedy) + '\n';
  }
  return text;
}

}  // namespace

int run_doctor(Arguments const& arguments) {
  fs::path home;
  bool json = false;
  CLI::App app{
      "Check what runs need on this machine: the program, the engine and its home, Python's installers, containers, MPI,\n"
      "Slurm, proxies, the clock. Each finding is ok, a warning or an error, with its remedy. Exit code 1 when there is an error."};
  app.add_option("--home", home, "Home of the engine (default: AZUREML_ENGINE_HOME, else ~/.azureml/engine)")->type_name("DIR");
  app.add_flag("--json", json, "A JSON object");
  parse(app, arguments);
  home = api::choose_home(home, logging::Logger::to_stderr("azureml", logging::Level::warning));

  auto const findings = examine(home);
  auto const worst = std::ranges::max(findings, {}, &Finding::level).level;
  write_out(json ? json_text(findings, worst) : plain_text(findings));
  return worst == Level::error ? kError : kSuccess;
}

}  // namespace azureml::cli
