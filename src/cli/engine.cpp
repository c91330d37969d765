#include "cli/command.hpp"
#include "cli/engine.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include "api/local/home.hpp"
#include "engine/front/control.hpp"
#include "engine/front/serve.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <csignal>

namespace azureml::cli {

void add_home(CLI::App& app, std::filesystem::path& home) {
  app.add_option("--home", home, "Folder with all the engine's data (default: AZUREML_ENGINE_HOME, else ~/.azureml/engine)")->type_name("DIR");
}

std::filesystem::path chosen_home(std::filesystem::path const& given) {
  return api::choose_home(given, logging::Logger::to_stderr("azureml", logging::Level::warning));
}

namespace {

std::string json_line(nlohmann::ordered_json const& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

template <class T>
nlohmann::ordered_json or_null(std::optional<T> const& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

int status(Arguments const& arguments) {
  std::filesystem::path home;
  bool json = false;
  CLI::App app{"Tell whether an engine runs for a home, and where. Exit code 0 when one runs, 1 otherwise."};
  add_home(app, home);
  app.add_flag("--json", json, "A JSON object");
  parse(app, arguments);
  home = chosen_home(home);

  using State = engine::front::EngineStatus::State;
  auto const found = engine::front::read_status(home);
  bool const answers = found.uptime.has_value();
  auto const seconds = found.uptime.value_or(std::chrono::seconds{}).count();
  if (json) {
    write_out(json_line({{"state", to_string(found.state)}, {"home", home.string()}, {"pid", found.pid}, {"endpoint", found.endpoint},
                         {"version", found.version}, {"token_file", found.token_file}, {"active_runs", or_null(found.active_runs)},
                         {"connections", or_null(found.connections)}, {"uptime_seconds", answers ? nlohmann::ordered_json(seconds) : nlohmann::ordered_json()}}));
  } else {
    auto text = to_string(found.state);
    if (found.pid > 0) text += ", pid " + std::to_string(found.pid);
    if (!found.endpoint.empty()) text += ", " + found.endpoint;
    if (found.active_runs) text += ", " + std::to_string(*found.active_runs) + " active runs";
    if (answers) text += ", up " + std::to_string(seconds) + " s";
    write_out(printable(text) + '\n');
  }
  return found.state == State::running ? kSuccess : kError;
}

int stop(Arguments const& arguments) {
  std::filesystem::path home;
  CLI::App app{"Stop the engine of a home. Runs go on; the next engine finds them."};
  add_home(app, home);
  parse(app, arguments);
  home = chosen_home(home);
  write_out(engine::front::stop_engine(home) ? "stopped\n" : "no engine was running\n");
  return kSuccess;
}

int token(Arguments const& arguments) {
  std::filesystem::path home;
  CLI::App app{"Print a token for the engine's REST interface, for programs that take one."};
  add_home(app, home);
  parse(app, arguments);
  write_out(engine::front::read_token(chosen_home(home)) + '\n');
  return kSuccess;
}

int serve(Arguments const& arguments) {
  engine::front::ServeOptions options;
  long long idle_exit = 0;
  bool keep = false;
  CLI::App app{"Serve until idle, or until a signal comes. Prints one line of JSON when ready. Each option is also a key of config.json in the home."};
  add_home(app, options.home);
  app.add_option("--port", options.port, "Port on the loopback interface (default: the home's, or any free one)")->type_name("PORT");
  app.add_option("--tls-port", options.tls_port, "Refused: this engine has no TLS listener yet")->type_name("PORT");
  app.add_option("--token-file", options.token_file, "Where the token for clients is written (default: token in the home)")->type_name("FILE");
  auto const* const idle_option =
      app.add_option("--idle-exit", idle_exit, "Seconds without runs, requests and attached programs after which it stops; 0: never (default: 600)")
          ->check(CLI::Range(0LL, 100LL * 365 * 86'400))->type_name("SECONDS");
  app.add_option("--python", options.python, "Python of jobs that bring none (default: /usr/bin/python3)")->type_name("PATH");
  app.add_option("--cpus", options.cpus, "Processors the runs share (default: all)")->check(CLI::Range(0.0, 100'000.0))->type_name("NUMBER");
  app.add_option("--gpus", options.gpus, "GPUs the runs share, as CUDA_VISIBLE_DEVICES names them, with commas between (default: none)")->delimiter(',')->type_name("NAMES");
  app.add_option("--memory", options.memory, "Memory the runs share, such as 16g (default: the machine's)")->type_name("SIZE");
  auto const* const keep_flag = app.add_flag("--keep-working-directory", keep, "Keep the working directory of a run when it has ended");
  app.add_option("--free-space-min-mib", options.free_space_min_mib, "With less left on the home's disk no run is taken (default: 1024)")
      ->check(CLI::Range(0LL, 1LL << 40))->type_name("MIB");
  add_repeated(app, "--allow-host", options.allow_hosts, "Name by which the engine may be called besides localhost")->type_name("NAME");
  parse(app, arguments);
  options.home = chosen_home(options.home);
  options.program = this_program();
  if (idle_option->count() > 0) options.idle_exit = std::chrono::seconds(idle_exit);
  if (keep_flag->count() > 0) options.keep_working_directory = keep;
  return engine::front::serve(options);
}

}  // namespace

int run_engine(Arguments const& arguments) {
  constexpr Command kVerbs[] = {{"serve", "serve until idle, or until a signal comes; programs start it by themselves", serve},
                                {"status", "tell whether an engine runs, and where", status},
                                {"stop", "stop the engine; runs go on and the next engine finds them", stop},
                                {"token", "print a token for the engine's REST interface", token},
                                {"check", "look for damage in all that the engine has stored", run_engine_check},
                                {"gc", "remove what nothing refers to", run_engine_gc}};
  return run_group(arguments, "Serve, look at or stop the engine of this machine.", kVerbs);
}

}  // namespace azureml::cli
