#include "engine/runner/salvage.hpp"

#include "engine/runner/processes.hpp"
#include "engine/runner/results.hpp"

#include <system_error>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kPatience{2};

std::string reason(LostRun const& run, bool rebooted) {
  if (rebooted) return "the machine was restarted while it was running";
  if (!run.damage.empty()) return "its supervisor has ended and its journal cannot be trusted (" + run.damage + ")";
  if (run.processes.any_record) return "its supervisor was killed or has crashed";
  auto said = tail_of(run.paths.supervisor_log(), 500);
  while (said.ends_with('\n')) said.pop_back();
  return "its supervisor has ended before it had begun" + (said.empty() ? std::string{} : " (" + said + ")");
}

}  // namespace

Salvaged salvage(LostRun const& run, std::function<bool()> const& go_on) {
  bool const rebooted = !run.processes.boot_id.empty() && run.processes.boot_id != boot_id();
  Salvaged result;
  if (!rebooted) {
    ProcessScope const scope{.run_id = run.run_id, .group = run.processes.group, .group_start_time = run.processes.group_start_time};
    while (!end_processes(scope, run.grace, kPatience) && go_on()) {
    }
  }
  result.error = {.code = "SupervisorLost",
                  .message = "Run '" + run.run_id + "' is lost: " + reason(run, rebooted) + ". What it had written to outputs and logs is kept; submit it again.",
                  .phase = "supervising",
                  .last_output = tail_of(run.paths.std_log())};
  std::error_code error;
  if (fs::exists(run.paths.work(), error)) {
    Results results(run.paths);
    results.collect_all(!run.keep_working_directory);
    result.warnings = results.warnings();
    if (!results.failure().empty()) result.warnings.push_back(results.failure());
    if (!run.keep_working_directory) fs::remove_all(run.paths.work(), error);
  }
  fs::remove_all(run.paths.scratch(), error);
  return result;
}

}  // namespace azureml::engine::runner
