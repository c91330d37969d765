#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/terminal.hpp"
#include "cli/workspace_options.hpp"

#include "api/local/home.hpp"
#include "engine/front/server.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <csignal>

namespace azureml::cli {

namespace {

constexpr std::string_view kHelp =
    "Serve, look at or stop the engine of this machine.\n\n"
    "usage: azureml engine serve|status|stop|token [OPTION...]\n\n"
    "  serve   serve until idle, or until a signal comes; programs start it by themselves\n"
    "  status  tell whether an engine runs, and where\n"
    "  stop    stop the engine; runs go on and the next engine finds them\n"
    "  token   print a token for the engine's REST interface\n\n"
    "`azureml engine serve --help` lists the options.\n";

void add_home(CLI::App& app, std::filesystem::path& home) {
  app.add_option("--home", home, "Folder with all the engine's data (default: AZUREML_ENGINE_HOME, else ~/.azureml/engine)")->type_name("DIR");
}

int serve(Arguments const& arguments) {
  engine::front::EngineOptions options;
  std::uint16_t port = 0;
  long long idle_exit = options.idle_exit.count();
  CLI::App app{"Serve until idle, or until a signal comes. Prints one line of JSON when ready."};
  add_home(app, options.home);
  auto* const port_option = app.add_option("--port", port, "Port on the loopback interface (default: the home's, or any free one)")->type_name("PORT");
  app.add_option("--token-file", options.token_file, "Where the token for clients is written (default: token in the home)")->type_name("FILE");
  app.add_option("--idle-exit", idle_exit, "Seconds without runs, requests and attached programs after which it stops; 0: never (default: 600)")
      ->check(CLI::Range(0LL, 100LL * 365 * 86'400))->type_name("SECONDS");
  app.add_option("--python", options.python, "Python of jobs that bring none (default: " + options.python + ")")->type_name("PATH");
  app.add_option("--cpus", options.cpus, "Processors the runs share (default: all)")->check(CLI::Range(0.0, 100'000.0))->type_name("NUMBER");
  app.add_flag("--keep-working-directory", options.keep_working_directory, "Keep the working directory of a run when it has ended");
  add_repeated(app, "--allow-host", options.allowed_hosts, "Name by which the engine may be called besides localhost")->type_name("NAME");
  parse(app, arguments);
  options.home = api::choose_home(options.home, logging::Logger::to_stderr("azureml", logging::Level::warning));
  options.program = this_program();
  options.idle_exit = std::chrono::seconds(idle_exit);
  if (port_option->count() > 0) options.port = port;

  std::signal(SIGPIPE, SIG_IGN);  // a client that hangs up is not the end of the engine
  Interrupt const interrupt;
  engine::front::Engine server(options);
  std::stop_callback const stopping(interrupt.token(), [&server] { server.stop(); });
  nlohmann::ordered_json const ready = {{"endpoint", server.endpoint()}, {"token_file", server.token_file().string()}, {"pid", ::getpid()}};
  write_out(ready.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
  server.wait_until_idle_or_stopped();
  return kSuccess;
}

}  // namespace

int run_engine(Arguments const& arguments) {
  auto const verb = arguments.words.empty() ? std::string() : arguments.words.front();
  if (verb == "--help" || verb == "-h") return write_out(kHelp), kSuccess;
  auto inner = arguments;
  if (!inner.words.empty()) inner.words.erase(inner.words.begin());
  inner.command += ' ' + verb;
  if (verb == "serve") return serve(inner);
  throw UsageError(verb.empty() ? "what shall the engine do? `azureml engine --help` lists it"
                                : "the engine knows no '" + printable(verb) + "'; `azureml engine --help` lists what it knows");
}

}  // namespace azureml::cli
