#include "cli/engine.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include "engine/front/control.hpp"

#include <CLI/CLI.hpp>

namespace azureml::cli {

int run_engine_gc(Arguments const& arguments) {
  std::filesystem::path home;
  bool json = false, dry_run = false;
  long long older_than = 86'400;
  CLI::App app{"Remove what nothing refers to: what was left of uploads, builds and killed runs, snapshots no run was submitted with, environments no "
               "run has used. Runs and data assets, and what they name, stay."};
  add_home(app, home);
  app.add_flag("--dry-run", dry_run, "List what would be removed, and remove nothing");
  app.add_option("--older-than", older_than, "Leave alone what was changed within so many seconds (default: 86400)")
      ->check(CLI::Range(0LL, 9'999'999'999LL))->type_name("SECONDS");
  app.add_flag("--json", json, "A JSON object with the list `removed`");
  parse(app, arguments);

  auto const garbage = engine::front::collect_engine_garbage(chosen_home(home), dry_run, std::chrono::seconds{older_than});
  if (json) return write_out(engine::front::to_json_text(garbage) + '\n'), kSuccess;
  std::string text;
  unsigned long long bytes = 0;
  for (auto const& each : garbage) {
    text += printable(each.kind + "  " + each.path) + "  " + human_bytes(each.bytes) + '\n';
    bytes += each.bytes;
  }
  write_out(text + (garbage.empty() ? "nothing to remove\n" : human_bytes(bytes) + (dry_run ? " would be removed\n" : " removed\n")));
  return kSuccess;
}

}  // namespace azureml::cli
