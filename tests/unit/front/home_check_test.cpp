// Each kind of damage is seeded into a whole home, and exactly it is found.
#include "engine/front/home_check.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/unique_fd.hpp"
#include "engine/front/control.hpp"
#include "engine/front/lifecycle.hpp"
#include "engine/front/server.hpp"
#include "engine/routes/files.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/run_spec.hpp"
#include "engine/store/store.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <memory>

namespace azureml::tests {
namespace {

namespace fs = std::filesystem;
using namespace engine::front;
using engine::store::Home;
using engine::store::Store;
using nlohmann::ordered_json;

std::string md5_of(std::string const& text) {
  return base::to_base64(base::Digest::md5().update(text).finish());
}

void write(fs::path const& path, std::string const& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

void append(fs::path const& path, std::string const& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

/// A home with a snapshot, an upload, a run that has ended and one that has not begun, as an engine leaves it.
class HomeCheckTest : public testing::Test {
 protected:
  HomeCheckTest() {
    identity_ = engine::store::open_home(home_);
    Store store{home_.database()};
    store.add_container("box");
    write(home_.blobs() / "box/src/train.py", "print(1)\n");
    store.put_blob({.container = "box", .name = "src/train.py", .content_md5 = md5_of("print(1)\n"), .etag = "\"0x1\"", .size = 9});
    write(home_.blobs() / "box/data/without sum", "12345");
    store.put_blob({.container = "box", .name = "data/without sum", .etag = "\"0x2\"", .size = 5});
    store.add_code({.name = "c", .version = "1", .code_uri = "http://127.0.0.1:1/" + identity_.storage_account + "/box/src"});
    make_ended_run(store);
    store.add_job({.name = "waiting", .experiment = "e", .definition = "{}", .status = "Queued"});
    write(home_.environments() / "abc/complete.json", "{}");
  }

  void make_ended_run(Store& store) {
    auto const run = home_.run("r1");
    write(run / "artifacts/user_logs/std_log.txt", "line\n");
    write(run / "artifacts/outputs/model.bin", "weights");
    write(run / "artifacts/logs/a.log", "abc");
    write(run / "supervisor.lock", "");
    engine::runner::write_run_spec(run / "spec.json", {.run_id = "r1", .attempt_id = "a"});
    fs::permissions(run / "spec.json", fs::perms::owner_read | fs::perms::owner_write);
    {
      engine::runner::JournalWriter journal{run / "journal.jsonl"};
      journal.append("spawned", {{"pid", 1}});
      journal.append("launched", {{"pid", 2}});
      journal.append("exited", {{"exit_code", 0}});
      journal.append("uploaded", {{"files", 2}, {"bytes", 10}});
      journal.append("ended", {{"status", "Completed"}});
    }
    store.add_job({.name = "r1", .experiment = "e", .definition = "{}", .status = "Completed", .attempt_id = "a", .applied_seq = 5});
    write(run / "artifacts/notes.txt", "added");
    auto const added = engine::routes::open_beneath(run / "artifacts", "notes.txt");
    store.put_blob({.container = "azureml", .name = "ExperimentRun/dcid.r1/notes.txt", .content_md5 = md5_of("added"), .etag = added->etag, .size = 5});
  }

  test::TemporaryDirectory directory_{};
  Home home_{directory_.path() / "home"};
  engine::store::Identity identity_{};
};

struct Damage {
  char const* kind;
  char const* path;  ///< Below the home.
  std::function<void(Home const&)> seed{};
};

void PrintTo(Damage const& damage, std::ostream* out) {
  *out << damage.kind << " at " << damage.path;
}

class SeededDamage : public HomeCheckTest, public testing::WithParamInterface<Damage> {};

TEST_F(HomeCheckTest, WholeHome_NothingIsFound) {
  EXPECT_EQ(check_home(home_), std::vector<Finding>{});
}

TEST_F(HomeCheckTest, NoHome_IsAnError) {
  EXPECT_THROW((void)check_home(Home{directory_.path() / "none"}), std::runtime_error);
  EXPECT_FALSE(fs::exists(directory_.path() / "none"));
}

TEST_P(SeededDamage, IsFoundAndNothingElse) {
  auto const& damage = GetParam();
  damage.seed(home_);
  auto const findings = check_home(home_);
  ASSERT_EQ(findings.size(), 1U) << to_json_text(findings);
  EXPECT_EQ(findings[0].kind, damage.kind) << findings[0].problem;
  EXPECT_EQ(findings[0].path, (home_.root / damage.path).string());
  EXPECT_FALSE(findings[0].problem.empty());
  EXPECT_FALSE(findings[0].remedy.empty());
}

void open_to_others(fs::path const& path) {
  fs::permissions(path, fs::perms::group_read | fs::perms::others_read, fs::perm_options::add);
}

/// Writes over the middle of a page behind the first: the file is still a database.
void spoil_page(Home const& home) {
  int const fd = ::open(home.database().c_str(), O_RDWR | O_CLOEXEC);
  std::string const rubbish(2048, '\xA5');
  for (off_t page = 1; page < 8; ++page) ASSERT_EQ(::pwrite(fd, rubbish.data(), rubbish.size(), page * 4096 + 8), 2048);
  ::close(fd);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, SeededDamage,
    testing::Values(
        Damage{"blob-missing", "blobs/box/src/train.py", [](Home const& h) { fs::rename(h.blobs() / "box/src/train.py", h.root / "moved away"); }},
        Damage{"blob-missing", "blobs/box/data/without sum", [](Home const& h) { fs::remove(h.blobs() / "box/data/without sum"); }},
        Damage{"blob-size", "blobs/box/data/without sum", [](Home const& h) { append(h.blobs() / "box/data/without sum", "6"); }},
        Damage{"blob-size", "blobs/box/src/train.py", [](Home const& h) { fs::resize_file(h.blobs() / "box/src/train.py", 3); }},
        Damage{"blob-checksum", "blobs/box/src/train.py", [](Home const& h) { write(h.blobs() / "box/src/train.py", "print(2)\n"); }},
        Damage{"blob-orphan", "blobs/box/src/stray", [](Home const& h) { write(h.blobs() / "box/src/stray", "x"); }},
        Damage{"blob-orphan", "blobs/box/link", [](Home const& h) { fs::create_symlink("/etc/passwd", h.blobs() / "box/link"); }},
        Damage{"snapshot-missing", "blobs/box/src",
               [](Home const& h) {
                 fs::remove(h.blobs() / "box/src/train.py");
                 Store{h.database()}.remove_blob("box", "src/train.py");
               }},
        Damage{"artifact-missing", "runs/r1/artifacts/notes.txt", [](Home const& h) { fs::remove(h.artifacts("r1") / "notes.txt"); }},
        Damage{"artifact-missing", "runs/r1/artifacts/user_logs/std_log.txt", [](Home const& h) { fs::remove(h.artifacts("r1") / "user_logs/std_log.txt"); }},
        Damage{"artifact-missing", "runs/r1/artifacts", [](Home const& h) { fs::remove(h.artifacts("r1") / "outputs/model.bin"); }},
        Damage{"artifact-size", "runs/r1/artifacts", [](Home const& h) { fs::resize_file(h.artifacts("r1") / "outputs/model.bin", 3); }},
        Damage{"staging-left", "blobs/.staging/upload-1", [](Home const& h) { write(h.blobs() / ".staging/upload-1", "x"); }},
        Damage{"staging-left", "blobs/.staging/blocks-another-boot", [](Home const& h) { write(h.blobs() / ".staging/blocks-another-boot/x/y", "x"); }},
        Damage{"staging-left", ".engine.json.tmp-abcdef", [](Home const& h) { write(h.root / ".engine.json.tmp-abcdef", "{"); }},
        Damage{"run-without-directory", "runs/r1",
               [](Home const& h) {
                 fs::rename(h.run("r1"), h.root / "moved away");
                 Store{h.database()}.remove_blob("azureml", "ExperimentRun/dcid.r1/notes.txt");
               }},
        Damage{"run-orphan", "runs/stranger", [](Home const& h) { write(h.run("stranger") / "journal.jsonl", ""); }},
        Damage{"run-left", "runs/r1/work", [](Home const& h) { write(h.run("r1") / "work/train.py", ""); }},
        Damage{"run-left", "runs/r1/scratch", [](Home const& h) { fs::create_directories(h.run("r1") / "scratch"); }},
        Damage{"journal-torn", "runs/r1/journal.jsonl", [](Home const& h) { append(h.run("r1") / "journal.jsonl", R"({"v":1,"seq":6,"ti)"); }},
        Damage{"journal-damaged", "runs/r1/journal.jsonl", [](Home const& h) { append(h.run("r1") / "journal.jsonl", "{\"v\":1,\"seq\":6,\"event\":\"x\",\"crc\":\"00000000\"}\n"); }},
        Damage{"journal-damaged", "runs/r1/journal.jsonl",
               [](Home const& h) {
                 auto text = base::read_small_file(h.run("r1") / "journal.jsonl");
                 text.replace(text.find("launched"), 8, "LAUNCHED");
                 write(h.run("r1") / "journal.jsonl", text);
               }},
        Damage{"journal-short", "runs/r1/journal.jsonl",
               [](Home const& h) {
                 auto const text = base::read_small_file(h.run("r1") / "journal.jsonl");
                 write(h.run("r1") / "journal.jsonl", text.substr(0, text.find('\n') + 1));
               }},
        Damage{"journal-short", "runs/r1/journal.jsonl", [](Home const& h) { fs::remove(h.run("r1") / "journal.jsonl"); }},
        Damage{"environment-incomplete", "environments/half", [](Home const& h) { fs::create_directories(h.environments() / "half/bin"); }},
        Damage{"mode-open", "identity.json", [](Home const& h) { open_to_others(h.identity_json()); }},
        Damage{"mode-open", "store.db", [](Home const& h) { open_to_others(h.database()); }},
        Damage{"mode-open", "token", [](Home const& h) { write(h.token_file(), "t"), open_to_others(h.token_file()); }},
        Damage{"mode-open", "runs/r1/spec.json", [](Home const& h) { open_to_others(h.run("r1") / "spec.json"); }},
        Damage{"identity-missing", "identity.json", [](Home const& h) { fs::remove(h.identity_json()); }},
        Damage{"identity-damaged", "identity.json",
               [](Home const& h) {
                 write(h.identity_json(), "{}");
               }},
        Damage{"database-missing", "store.db", [](Home const& h) { fs::rename(h.database(), h.root / "moved away"); }},
        Damage{"database-damaged", "store.db", spoil_page},
        Damage{"database-damaged", "store.db", [](Home const& h) { fs::resize_file(h.database(), fs::file_size(h.database()) / 2 / 4096 * 4096); }},
        Damage{"database-damaged", "store.db", [](Home const& h) { write(h.database(), std::string(8192, 'x')); }}),
    [](auto const& damage) {
      auto name = std::string(damage.param.kind) + "_" + std::to_string(damage.index);
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST_F(HomeCheckTest, WithoutChecksums_OnlySizesAreCompared) {
  write(home_.blobs() / "box/src/train.py", "print(2)\n");
  EXPECT_EQ(check_home(home_, {.checksums = false}), std::vector<Finding>{});
}

TEST_F(HomeCheckTest, FileThatTheRunWroteAnew_IsNoDamage) {
  write(home_.artifacts("r1") / "notes.txt", "written anew by the run");
  EXPECT_EQ(check_home(home_), std::vector<Finding>{});
}

TEST_F(HomeCheckTest, RecordThatComesWhileItLooks_IsNoDamage) {
  write(home_.blobs() / "box/new", "new");
  auto const findings = check_home(home_, {.settle = [this] {
                                     Store{home_.database()}.put_blob({.container = "box", .name = "new", .etag = "\"0x3\"", .size = 3});
                                   }});
  EXPECT_EQ(findings, std::vector<Finding>{});
}

TEST_F(HomeCheckTest, ToldToStop_EndsWithAnError) {
  EXPECT_THROW((void)check_home(home_, {.stopped = [] { return true; }}), std::runtime_error);
}

TEST_F(HomeCheckTest, FindingsAsText_ComeBackTheSame) {
  std::vector<Finding> const findings{{"blob-size", "/a \"b\"", "p", "r"}, {"more", "/", "", ""}};
  EXPECT_EQ(findings_from_json(to_json_text(findings)), findings);
  EXPECT_THROW((void)findings_from_json("{\"findings\":[{}]}"), std::runtime_error);
  EXPECT_THROW((void)findings_from_json("no JSON"), std::runtime_error);
}

TEST_F(HomeCheckTest, StoppedEngine_IsCheckedUnderItsLock) {
  write(home_.blobs() / "box/stray", "x");
  auto const findings = check_engine_home(home_.root, true);
  ASSERT_EQ(findings.size(), 1U) << to_json_text(findings);
  EXPECT_EQ(findings[0].kind, "blob-orphan");
  EXPECT_FALSE(lock_holder(home_));
}

TEST_F(HomeCheckTest, RunningEngine_IsAsked) {
  Store{home_.database()}.change_job("waiting", {.status = "Canceled"});
  Engine const engine{{.home = home_.root, .program = "/bin/false", .idle_exit = std::chrono::seconds{0}}};
  EXPECT_EQ(check_engine_home(home_.root, true), std::vector<Finding>{});
  write(home_.blobs() / "box/src/train.py", "print(3)\n");
  auto const findings = check_engine_home(home_.root, true);
  ASSERT_EQ(findings.size(), 1U) << to_json_text(findings);
  EXPECT_EQ(findings[0].kind, "blob-checksum");
  EXPECT_EQ(check_engine_home(home_.root, false), std::vector<Finding>{});
}

}  // namespace
}  // namespace azureml::tests
