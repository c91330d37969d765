#include "cli/engine.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include "engine/front/control.hpp"

#include <CLI/CLI.hpp>

namespace azureml::cli {

int run_engine_check(Arguments const& arguments) {
  std::filesystem::path home;
  bool json = false, quick = false;
  CLI::App app{"Look for damage in all that the engine has stored: one line a finding, with its kind, its path and what to do. Nothing is changed. "
               "Exit code 0 when all is well, 1 otherwise."};
  add_home(app, home);
  app.add_flag("--quick", quick, "Compare sizes only, without reading every stored file for its checksum");
  app.add_flag("--json", json, "A JSON object with the list `findings`");
  parse(app, arguments);

  auto const findings = engine::front::check_engine_home(chosen_home(home), !quick);
  if (json) {
    write_out(engine::front::to_json_text(findings) + '\n');
  } else {
    std::string text;
    for (auto const& each : findings) text += printable(each.kind + "  " + each.path + ": " + each.problem + "; " + each.remedy) + '\n';
    write_out(text.empty() ? "no damage found\n" : text);
  }
  return findings.empty() ? kSuccess : kError;
}

}  // namespace azureml::cli
