// What becomes of a run's outputs when its supervisor, or the engine, dies after any record of the journal.
#include "base/uuid.hpp"
#include "engine/runner/data_outputs.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/processes.hpp"
#include "engine/runner/run_manager.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/runner/run_spec.hpp"
#include "engine/store/store.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::ordered_json;

constexpr int kFiles = 8;  // two batches
constexpr std::size_t kBatchFiles = 5;
/// The records of a run with two batches of outputs, in order.
constexpr char const* kRecords[] = {"spawned", "preparing", "started",  "launched",   "exited", "finalizing",
                                    "stored",  "stored",    "uploaded", "registered", "ended"};
constexpr int kRecordCount = 11;

struct Died {};

struct RunManagerData : ::testing::TestWithParam<int> {
  RunManagerData() {
    fs::create_directories(home.runs());
    options.program = "/nonexistent";
    options.cancel_grace = 50ms;
    fs::create_directories(paths.user_logs());
    RunSpec spec{.run_id = id, .attempt_id = "a", .command = "true"};
    spec.data_outputs = {{.name = "model",
                          .address = "azureml://datastores/d/paths/p",
                          .container = "box",
                          .directory = (home.blobs() / "box").string(),
                          .path = "p",
                          .asset_name = "my-model",
                          .asset_type = "uri_folder"}};
    outputs = spec.data_outputs;
    write_run_spec(paths.spec(), spec);
    replace_small_file(paths.attempt(), "a");
    for (int i = 0; i < kFiles; ++i)
      test::write_text(paths.data_output("model") / std::to_string(i), "content " + std::to_string(i));
    test::write_text(paths.work() / "outputs/o", "o");
    store::Store database(home.database());
    database.ensure_experiment("e");
    database.add_job({.name = id,
                      .experiment = "e",
                      .definition = R"({"jobType":"Command","command":"true"})",
                      .status = "Preparing",
                      .attempt_id = "a"});
  }
  ~RunManagerData() override { stop(); }

  /// Writes the journal as a supervisor with this pid does, from record `written` on, and ends after record `last`, at
  /// once.
  void supervise(pid_t pid, int last) {
    JournalWriter journal(paths.journal());
    auto const append = [&](ordered_json const& members) {
      journal.append(kRecords[written], members);
      if (++written > last) throw Died{};
    };
    auto const info = process_info(pid);
    try {
      if (written == 0)
        append({{"pid", pid}, {"start_time", info ? info->start_time : 1}, {"boot_id", boot_id()}, {"attempt", "a"}});
      while (written < 6) append({{"detail", "x"}, {"pid", 0}, {"pgid", 0}, {"exit_code", 0}});
      DataOutputs(
          paths, outputs,
          [&](DataOutputs::Batch const& batch) {
            append({{"begin", batch.begin}, {"end", batch.end}});
          },
          kBatchFiles)
          .store_all();
      if (written == 8) append({{"files", 1}});
      if (written == 9)
        append({{"output", "model"},
                {"asset", "my-model"},
                {"type", "uri_folder"},
                {"address", "azureml://datastores/d/paths/p"}});
      if (written == 10) append({{"status", "Completed"}, {"warnings", ordered_json::array()}});
    } catch (Died const&) {
    }
  }
  static pid_t dead_process() {
    auto const child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
  }
  void start() {
    threads = std::make_unique<store::StoreThread>(std::make_unique<store::Store>(home.database()), logging::Logger{});
    manager = std::make_unique<RunManager>(home, options, *threads, notifier, logging::Logger{});
    manager->start();
  }
  void stop() {
    manager.reset();
    threads.reset();
  }
  store::JobRecord job() {
    return threads->call([&](store::Store& database) { return database.find_job(id).value(); });
  }
  template <class Condition>
  bool wait(Condition condition) {
    struct Told {
      std::mutex mutex{};
      std::condition_variable changed{};
      int count = 1;
    };
    auto const told = std::make_shared<Told>();
    auto const subscription = notifier.subscribe("run:" + id, [told] {
      std::lock_guard lock{told->mutex};
      ++told->count;
      told->changed.notify_all();
    });
    auto const deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      std::unique_lock lock{told->mutex};
      if (!told->changed.wait_until(lock, deadline, [&] { return told->count > 0; })) return false;
      told->count = 0;
    }
    return true;
  }
  void expect_all_blobs() {
    std::string after;
    int count = 0;
    do {
      auto page = threads->call([&](store::Store& database) { return database.list_blobs("box", "p/", after, 100); });
      for (auto const& blob : page.items) {
        auto const text = test::read_text(home.blobs() / "box" / blob.name);
        EXPECT_EQ(text, "content " + blob.name.substr(2));
        EXPECT_EQ(blob.size, text.size());
        ++count;
      }
      after = page.next;
    } while (!after.empty());
    EXPECT_EQ(count, kFiles);
  }
  std::size_t versions() {
    return threads->call([](store::Store& database) { return database.list_data_versions("my-model").size(); });
  }

  test::TemporaryDirectory directory{};
  store::Home home{directory.path()};
  std::string const id = "d" + base::random_hex(8);
  RunPaths paths{home.run(id)};
  RunnerOptions options{};
  Notifier notifier{};
  std::vector<DataOutput> outputs{};
  int written = 0;
  std::unique_ptr<store::StoreThread> threads{};
  std::unique_ptr<RunManager> manager{};
};

TEST_P(RunManagerData, SupervisorDiesAfterThisRecord_OutputsAreAllStoredAndRecorded) {
  supervise(dead_process(), GetParam());
  ASSERT_EQ(written, GetParam() + 1);
  start();
  ASSERT_TRUE(wait([&] { return store::is_terminal(job().status); }));
  bool const ended = GetParam() == kRecordCount - 1;
  EXPECT_EQ(job().status, ended ? "Completed" : "Failed");
  if (!ended) {
    EXPECT_NE(job().error.find("SupervisorLost"), std::string::npos);
    EXPECT_FALSE(fs::exists(paths.data()));
  }
  expect_all_blobs();
  EXPECT_EQ(versions(), GetParam() >= 9 ? 1U : 0U);
}

TEST_P(RunManagerData, EngineDiesAfterThisRecord_TheNextOneGoesOnFromThere) {
  auto const alive = base::open_file(paths.lock(), O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(alive.get(), LOCK_EX), 0);
  supervise(::getpid(), GetParam());
  start();
  // Records that change nothing in a job are not counted.
  std::string const last = kRecords[GetParam()];
  auto const seq = static_cast<std::uint64_t>(GetParam()) + (last == "started" || last == "uploaded" ? 0 : 1);
  ASSERT_TRUE(wait([&] { return job().applied_seq == seq; }));
  stop();
  supervise(::getpid(), kRecordCount);
  ASSERT_EQ(written, kRecordCount);
  start();
  ASSERT_TRUE(wait([&] { return store::is_terminal(job().status); }));
  EXPECT_EQ(job().status, "Completed");
  expect_all_blobs();
  EXPECT_EQ(versions(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Records, RunManagerData, ::testing::Range(0, kRecordCount),
                         [](auto const& at) { return std::to_string(at.param + 1) + "_" + kRecords[at.param]; });

/// What an engine does twice because it died between its two writes changes nothing.
TEST_F(RunManagerData, RecordsFoldedTwice_ChangeNothing) {
  auto const alive = base::open_file(paths.lock(), O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(alive.get(), LOCK_EX), 0);
  supervise(::getpid(), kRecordCount);
  start();
  ASSERT_TRUE(wait([&] { return store::is_terminal(job().status); }));
  auto const before = threads->call([](store::Store& database) { return database.find_blob("box", "p/7")->etag; });
  stop();
  {
    store::Store database(home.database());
    database.add_job({.name = id + "-again", .experiment = "e"});
  }
  // The same journal for a job that has folded nothing yet.
  fs::copy(paths.root, home.run(id + "-again"), fs::copy_options::recursive);
  auto const copy = base::open_file(RunPaths{home.run(id + "-again")}.lock(), O_RDWR | O_CREAT);
  {
    store::Store database(home.database());
    database.change_job(id + "-again", {.status = "Preparing", .attempt_id = "a"});
  }
  start();
  ASSERT_TRUE(wait([&] {
    return threads->call(
        [&](store::Store& database) { return store::is_terminal(database.find_job(id + "-again")->status); });
  }));
  EXPECT_EQ(threads->call([](store::Store& database) { return database.find_blob("box", "p/7")->etag; }), before);
  expect_all_blobs();
}

}  // namespace
}  // namespace azureml::engine::runner
