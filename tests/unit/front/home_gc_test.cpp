#include "engine/front/home_gc.hpp"

#include "base/unique_fd.hpp"
#include "engine/front/control.hpp"
#include "engine/front/home_check.hpp"
#include "engine/front/server.hpp"
#include "engine/runner/journal.hpp"
#include "engine/store/store.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <fstream>
#include <map>

namespace azureml::tests {
namespace {

namespace fs = std::filesystem;
using namespace engine::front;
using engine::store::Home;
using engine::store::Store;
using std::chrono::seconds;

void write(fs::path const& path, std::string const& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// Two runs share a code; a third code is an input's, a fourth a data asset's, a fifth a datastore's, a sixth nobody's. One environment is a
/// run's, one nobody's, one being used by somebody who is not known yet.
class HomeGc : public testing::Test {
 protected:
  HomeGc() {
    workspace_ = engine::store::open_home(home_).workspace_id;
    Store store{home_.database()};
    for (auto const* const name : {"shared", "input", "asset", "registered", "unused"}) add_code(store, name);
    add_run(store, "r1", R"({"codeId":"azureml:shared:1"})");
    add_run(store, "r2", R"({"codeId":"/x/codes/shared/versions/1"})");
    add_run(store, "r3", R"({"inputs":{"i":{"uri":"http://127.0.0.1:1/a/)" + container("input") + R"(/src"}}})");
    store.add_data({.name = "d", .version = "1", .uri = "http://127.0.0.1:1/a/" + container("asset") + "/src"});
    store.put_datastore({.name = "own", .type = "AzureBlob", .account = "a", .container = container("registered")});
    for (auto const* const name : {"used", "idle", "locked"}) write(home_.environments() / name / "complete.json", "{}");
    write(home_.environments() / "locked.lock", "");
    lock_ = base::open_file(home_.environments() / "locked.lock", O_RDWR);
    EXPECT_EQ(::flock(lock_.get(), LOCK_SH | LOCK_NB), 0);
  }

  [[nodiscard]] std::string container(std::string const& name) const { return workspace_ + "-" + name; }
  void add_code(Store& store, std::string const& name) const {
    auto const box = container(name);
    store.add_container(box);
    write(home_.blobs() / box / "src/train.py", name);
    store.put_blob({.container = box, .name = "src/train.py", .etag = "\"0x1\"", .size = name.size()});
    store.add_code({.name = name, .version = "1", .code_uri = "http://127.0.0.1:1/azureml00000000/" + box + "/src"});
  }
  void add_run(Store& store, std::string const& name, std::string const& definition) const {
    store.add_job({.name = name, .experiment = "e", .definition = definition, .status = "Failed", .attempt_id = "a", .applied_seq = 2});
    fs::create_directories(home_.run(name));
    engine::runner::JournalWriter journal{home_.run(name) / "journal.jsonl"};
    journal.append("spawned", {{"pid", 1}});
    journal.append("started", {{"environment", "used"}});
  }
  void litter() const {
    write(home_.blobs() / ".staging/upload-1", "1234");
    write(home_.run("stranger") / "journal.jsonl", "12");
    write(home_.run("r1") / "scratch/half", "1");
    fs::create_directories(home_.environments() / "half/bin");
    write(home_.blobs() / "box/stray", "123");
  }
  static std::map<std::string, int> kinds(std::vector<Garbage> const& garbage) {
    std::map<std::string, int> result;
    for (auto const& each : garbage) ++result[each.kind];
    return result;
  }
  [[nodiscard]] std::vector<std::string> everything() const {
    std::vector<std::string> names;
    for (auto const& entry : fs::recursive_directory_iterator(home_.root)) {
      auto const name = entry.path().lexically_relative(home_.root).string();
      if (!name.starts_with("store.db") && !name.starts_with("engine.lock")) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  using Kinds = std::map<std::string, int>;

  test::TemporaryDirectory directory_{};
  Home home_{directory_.path() / "home"};
  std::string workspace_{};
  base::UniqueFd lock_{};
};

TEST_F(HomeGc, WhatNothingRefersTo_GoesAndAllElseStays) {
  litter();
  auto const removed = collect_engine_garbage(home_.root, false, seconds{0});
  EXPECT_EQ(kinds(removed), (Kinds{{"staging-left", 1}, {"run-orphan", 1}, {"run-left", 1}, {"environment-incomplete", 1}, {"blob-orphan", 1},
                                   {"snapshot-unused", 1}, {"environment-unused", 1}}));
  for (auto const& each : removed) {
    EXPECT_FALSE(fs::exists(each.path)) << each.path;
    if (each.kind == "run-orphan") { EXPECT_EQ(each.bytes, 2U); }
    if (each.kind == "snapshot-unused") { EXPECT_EQ(each.bytes, 6U); }
  }
  Store store{home_.database()};
  for (auto const* const name : {"shared", "input", "asset", "registered"}) {
    EXPECT_TRUE(store.find_code(name, "1")) << name;
    EXPECT_TRUE(store.find_blob(container(name), "src/train.py")) << name;
    EXPECT_TRUE(fs::exists(home_.blobs() / container(name) / "src/train.py")) << name;
  }
  EXPECT_FALSE(store.find_code("unused", "1"));
  EXPECT_FALSE(store.has_container(container("unused")));
  EXPECT_FALSE(store.find_blob(container("unused"), "src/train.py"));
  for (auto const* const name : {"used", "locked"}) EXPECT_TRUE(fs::exists(home_.environments() / name / "complete.json")) << name;
  for (auto const* const name : {"r1", "r2", "r3"}) EXPECT_TRUE(fs::exists(home_.run(name) / "journal.jsonl")) << name;
  EXPECT_EQ(check_home(home_), std::vector<Finding>{});
  EXPECT_EQ(collect_engine_garbage(home_.root, false, seconds{0}), std::vector<Garbage>{});
}

TEST_F(HomeGc, DryRun_ListsTheSameAndRemovesNothing) {
  litter();
  (void)collect_engine_garbage(home_.root, true, seconds{0});  // Makes what opening a store makes.
  auto const before = everything();
  auto const listed = collect_engine_garbage(home_.root, true, seconds{0});
  EXPECT_EQ(everything(), before);
  EXPECT_TRUE(Store{home_.database()}.find_code("unused", "1"));
  EXPECT_EQ(collect_engine_garbage(home_.root, false, seconds{0}), listed);
}

TEST_F(HomeGc, WhatIsYoung_Stays) {
  litter();
  {
    // Made just now; the others are of 1970.
    Store store{home_.database()};
    store.add_code({.name = "young", .version = "1", .code_uri = "http://127.0.0.1:1/a/" + container("young") + "/src", .created = std::chrono::system_clock::now()});
  }
  auto const removed = collect_engine_garbage(home_.root, false, seconds{3600});
  EXPECT_EQ(kinds(removed), (Kinds{{"snapshot-unused", 1}}));
  EXPECT_TRUE(Store{home_.database()}.find_code("young", "1"));
}

TEST_F(HomeGc, RunningEngine_DoesItAndKeepsUploadsUnderWay) {
  Engine const engine{{.home = home_.root, .program = "/bin/false", .idle_exit = seconds{0}}};
  litter();
  auto const removed = collect_engine_garbage(home_.root, false, seconds{0});
  EXPECT_EQ(kinds(removed), (Kinds{{"run-orphan", 1}, {"run-left", 1}, {"environment-incomplete", 1}, {"blob-orphan", 1}, {"snapshot-unused", 1}, {"environment-unused", 1}}));
  EXPECT_TRUE(fs::exists(home_.blobs() / ".staging/upload-1"));
}

TEST_F(HomeGc, DamagedDatabase_NothingIsRemoved) {
  litter();
  write(home_.database(), std::string(8192, 'x'));
  EXPECT_THROW((void)collect_engine_garbage(home_.root, false, seconds{0}), std::runtime_error);
  EXPECT_TRUE(fs::exists(home_.run("stranger")));
}

TEST_F(HomeGc, HomeWithoutAStore_IsAnError) {
  EXPECT_THROW((void)collect_engine_garbage(directory_.path() / "none", false, seconds{0}), std::runtime_error);
  EXPECT_FALSE(fs::exists(directory_.path() / "none"));
}

TEST_F(HomeGc, ListAsText_ComesBackTheSame) {
  std::vector<Garbage> const garbage{{"run-orphan", "/a", 7}};
  EXPECT_EQ(garbage_from_json(to_json_text(garbage)), garbage);
  EXPECT_THROW((void)garbage_from_json("{}"), std::runtime_error);
}

}  // namespace
}  // namespace azureml::tests
