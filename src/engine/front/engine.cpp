#include "engine/front/server.hpp"

#include "base/atomic_file.hpp"
#include "base/clock.hpp"
#include "base/time.hpp"
#include "engine/front/dispatcher.hpp"
#include "engine/front/engine_log.hpp"
#include "engine/front/engine_routes.hpp"
#include "engine/front/home_check.hpp"
#include "engine/front/home_gc.hpp"
#include "engine/front/keeper.hpp"
#include "engine/front/lifecycle.hpp"
#include "engine/front/listener.hpp"
#include "engine/front/operation.hpp"
#include "engine/front/tokens.hpp"
#include "engine/routes/sas.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/staging.hpp"
#include "engine/runner/notifier.hpp"
#include "engine/runner/run_manager.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"
#include "engine/store/store_thread.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace azureml::engine::front {

namespace {

std::filesystem::path absolute_home(std::filesystem::path const& home) {
  if (home.empty())
    throw std::runtime_error("no home was given for the engine; name a directory with --home or AZUREML_ENGINE_HOME");
  auto absolute = std::filesystem::absolute(home).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();  // Without a trailing slash.
}

/// The home's port when it is free. Taken by a stranger, runs that know it decide whether another will do.
std::unique_ptr<Listener> open_listener(EngineOptions const& options, store::Identity const& identity,
                                        bool has_unfinished_runs, logging::Logger const& logger) {
  auto const wanted = options.port.value_or(identity.port);
  try {
    return std::make_unique<Listener>(wanted, options.limits, logger);
  } catch (std::system_error const& error) {
    if (error.code().value() != EADDRINUSE)
      throw std::runtime_error(std::string{"the engine cannot listen: "} + error.what());
    auto const port = std::to_string(wanted);
    auto const holder = port_holder(wanted).value_or("another program");
    if (options.port)
      throw std::runtime_error("the engine cannot listen on port " + port + ": it is taken by " + holder +
                               "; end that, or choose another with --port");
    if (has_unfinished_runs) {
      throw std::runtime_error("the engine cannot listen on port " + port +
                               ", where the runs of this home expect it: it is taken by " + holder +
                               "; end that and start the engine again");
    }
    logger.warning("the home's port " + port + " is taken by " + holder + "; another is chosen");
    return std::make_unique<Listener>(std::uint16_t{0}, options.limits, logger);
  }
}

/// A newer token may be in its place already when this engine leaves; nobody takes it away.
void write_token(std::filesystem::path const& file, Tokens const& tokens) {
  base::write_file_atomically(file, tokens.home_token(base::real_clock().now(), kHomeTokenLife) + '\n', 0600);
}

/// A run of this engine as its supervisor's environment names it. Variables of services that have no routes here are
/// left out.
std::map<std::string, std::string> variables_of_run(std::string const& endpoint, Tokens const& tokens,
                                                    store::Identity const& identity, std::string const& run_id,
                                                    std::string const& experiment, std::string const& experiment_id) {
  auto const now = base::real_clock().now();
  auto const expiry =
      std::chrono::duration_cast<std::chrono::seconds>((now + kRunTokenLife).time_since_epoch()).count();
  return {{"AZUREML_RUN_ID", run_id},
          {"AZUREML_ARM_SUBSCRIPTION", routes::kSubscription},
          {"AZUREML_ARM_RESOURCEGROUP", routes::kResourceGroup},
          {"AZUREML_ARM_WORKSPACE_NAME", routes::kWorkspace},
          {"AZUREML_ARM_PROJECT_NAME", experiment},
          {"AZUREML_EXPERIMENT_ID", experiment_id},
          {"AZUREML_WORKSPACE_ID", identity.workspace_id},
          {"AZUREML_RUN_TOKEN", tokens.run_token(run_id, now, kRunTokenLife)},
          {"AZUREML_RUN_TOKEN_EXPIRY", std::to_string(expiry)},
          {"AZUREML_OUTPUT_DIRECTORY", "./outputs"},
          {"AZUREML_DISCOVERY_SERVICE_ENDPOINT", endpoint + "/discovery"}};
}

}  // namespace

struct Engine::State {
  explicit State(EngineOptions given);
  ~State() { shut_down(); }

  void open();
  void serve();
  void shut_down() noexcept;
  std::string look_over(bool checksums);
  std::string collect(bool dry_run, std::chrono::seconds age_min);
  [[nodiscard]] std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(listener->port()); }

  EngineOptions options;
  store::Home home;
  store::Identity identity{};
  logging::Logger logger{};
  std::optional<EngineLock> lock{};
  std::optional<base::UniqueFd>
      attached_out{};  ///< Held while leaving for idleness, so that nobody attaches to what is going.
  std::optional<Tokens> tokens{};
  runner::Notifier notifier{};
  store::Store* store = nullptr;  ///< The store thread's.
  std::optional<store::StoreThread> store_thread{};
  std::unique_ptr<runner::RunManager> runs{};
  std::unique_ptr<routes::Services> services{};
  std::unique_ptr<Dispatcher> dispatcher{};
  std::unique_ptr<Listener> listener{};
  std::unique_ptr<Keeper> keeper{};
  bool lease_written = false;
  std::atomic<bool> stopping{false};  ///< Ends what a disk thread is long at.
};

Engine::State::State(EngineOptions given) : options(std::move(given)), home{absolute_home(options.home)} {
  try {
    open();
    serve();
  } catch (std::exception const& fault) {
    logger.error(std::string{"the engine did not start: "} + fault.what());
    shut_down();
    throw;
  }
}

void Engine::State::open() {
  identity = store::open_home(home);
  lock.emplace(home);
  identity = store::open_home(home);  // As the engine before us has left it: its last word was said under the lock.
  logger = options.logger ? *options.logger : open_engine_log(home.engine_log(), engine_log_level());
  remove_lease(home);  // Of an engine that was killed.
  if (options.token_file.empty()) options.token_file = home.token_file();
  options.token_file = std::filesystem::absolute(options.token_file);
  tokens.emplace(identity);
  auto opened = std::make_unique<store::Store>(home.database());
  auto const has_unfinished_runs = !opened->unfinished_jobs().empty();
  listener = open_listener(options, identity, has_unfinished_runs, logger.named("listener"));
  if (identity.port != listener->port()) {
    identity.port = listener->port();
    store::save_identity(home, identity);
  }
  store = opened.get();
  store_thread.emplace(std::move(opened), logger.named("store"));
}

void Engine::State::serve() {
  runner::RunnerOptions runner_options{.program = options.program,
                                       .python = options.python,
                                       .cpus = options.cpus,
                                       .gpus = options.gpus,
                                       .memory = options.memory,
                                       .keep_working_directory = options.keep_working_directory,
                                       .data = {.storage_account = identity.storage_account,
                                                .workspace_id = identity.workspace_id}};
  runner_options.context_variables = [this](std::string const& run_id, std::string const& experiment,
                                            std::string const& experiment_id) {
    return variables_of_run(endpoint(), *tokens, identity, run_id, experiment, experiment_id);
  };
  runs = std::make_unique<runner::RunManager>(home, std::move(runner_options), *store_thread, notifier,
                                              logger.named("runner"));
  services = std::make_unique<routes::Services>(routes::Services{.store = *store,
                                                                 .runs = *runs,
                                                                 .home = home,
                                                                 .identity = identity,
                                                                 .clock = base::real_clock(),
                                                                 .logger = logger.named("routes"),
                                                                 .free_space_min = options.free_space_min});

  routes::clean_staging(home, base::real_clock().now());
  auto operations = bind_routes(routes::all_routes(), *services);
  for (auto& operation : engine_routes(identity, {.started = std::chrono::steady_clock::now(),
                                                 .active_runs = [this] { return runs->active(); },
                                                 .connections = [this] { return listener->connections(); },
                                                 .stop = [this] { keeper->stop(); },
                                                 .check = [this](bool checksums) { return look_over(checksums); },
                                                 .collect = [this](bool dry_run, std::chrono::seconds age_min) { return collect(dry_run, age_min); }}))
    operations.push_back(std::move(operation));
  DispatcherOptions dispatching{
      .operations = std::move(operations),
      .storage_account = identity.storage_account,
      .hosts = {.port = listener->port(), .allowed = options.allowed_hosts},
      .check_sas =
          [this](routes::Request const& request) { routes::check_blob_access(request, identity, base::real_clock().now()); },
      .run_state =
          [this](std::string const& run_id) {
            auto const job = store->find_job(run_id);
            return RunState{.known = job.has_value(), .ended = job ? job->ended : std::nullopt};
          }};
  dispatcher = std::make_unique<Dispatcher>(std::move(dispatching), *tokens, base::real_clock(), logger.named("front"));

  runs->start();
  write_token(options.token_file, *tokens);
  keeper = std::make_unique<Keeper>(
      KeeperDuties{.idle_exit = options.idle_exit,
                   .token_renewal = kHomeTokenRenewal,
                   .busy = [this] { return runs->active() > 0 || listener->open_requests() > 0; },
                   .last_request = [this] { return listener->last_request(); },
                   .lock_out_attached =
                       [this] {
                         attached_out = lock_out_attached(home);
                         return attached_out.has_value();
                       },
                   .renew_token =
                       [this] {
                         write_token(options.token_file, *tokens);
                         routes::remove_old_blocks(home, base::real_clock().now());
                       },
                   .home_is_ours = [this] { return lock->is_of(home); }},
      logger);
  listener->start(*dispatcher, notifier, [this](std::function<void()> task) {
    store_thread->post([task = std::move(task)](store::Store&) { task(); });
  });
  write_lease(home, {.version = engine_version(),
                     .boot_id = boot_id(),
                     .endpoint = endpoint(),
                     .token_file = options.token_file.string(),
                     .home_id = identity.home_id,
                     .pid = ::getpid(),
                     .start_time = process_start_time(::getpid()).value_or(0),
                     .port = listener->port()});
  lease_written = true;
  logger.info("engine " + engine_version() + " (pid " + std::to_string(::getpid()) + ") serves '" + home.root.string() +
              "' at " + endpoint());
}

/// On a disk thread. The database is read by a connection of its own, so that requests do not wait for it.
std::string Engine::State::look_over(bool checksums) {
  HomeCheckOptions const checking{.checksums = checksums,
                                  .settle = [this] { store_thread->call([](store::Store&) {}); },
                                  .stopped = [this] { return stopping.load(); }};
  return to_json_text(check_home(home, checking));
}

/// On a disk thread, too: what is removed is asked for on the store thread, one thing at a time.
std::string Engine::State::collect(bool dry_run, std::chrono::seconds age_min) {
  return to_json_text(collect_garbage(home, *store_thread, {.dry_run = dry_run, .age_min = age_min, .live = true, .stopped = [this] { return stopping.load(); }}));
}

/// In the order in which things depend on each other: nobody finds us, nobody is served, no run is started, the store
/// closes, the lock goes.
void Engine::State::shut_down() noexcept {
  stopping = true;
  if (lock) lock->say_leaving();
  if (lease_written) {
    remove_lease(home);
    logger.info("the engine stops; runs go on");
  }
  if (listener) listener->stop();
  keeper.reset();
  runs.reset();
  store_thread.reset();
}

Engine::Engine(EngineOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Engine::~Engine() = default;
std::string Engine::endpoint() const {
  return state_->endpoint();
}
std::filesystem::path Engine::token_file() const {
  return state_->options.token_file;
}
void Engine::wait_until_idle_or_stopped() {
  state_->keeper->wait_until_idle_or_stopped();
}
void Engine::stop() noexcept {
  state_->keeper->stop();
}

}  // namespace azureml::engine::front
