#include "store_fixture.hpp"

#include "engine/store/schema.hpp"
#include "engine/store/sqlite.hpp"

namespace azureml::engine::store {
namespace {

/// What the first version of the program executed on a new file.
constexpr char const* kFirstSchema = R"sql(
CREATE TABLE code (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, code_uri TEXT NOT NULL, description TEXT NOT NULL,
  tags TEXT NOT NULL, properties TEXT NOT NULL, hash TEXT NOT NULL, archived INTEGER NOT NULL, created INTEGER NOT NULL,
  UNIQUE (name, version));
CREATE INDEX code_hash ON code (hash, id) WHERE hash <> '';

CREATE TABLE environment (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, image TEXT NOT NULL, conda_file TEXT NOT NULL,
  build TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL, anonymous INTEGER NOT NULL, archived INTEGER NOT NULL,
  created INTEGER NOT NULL, UNIQUE (name, version));

CREATE TABLE experiment (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL);

CREATE TABLE job (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, experiment TEXT NOT NULL, job_type TEXT NOT NULL, display_name TEXT NOT NULL,
  description TEXT NOT NULL, definition TEXT NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL, archived INTEGER NOT NULL,
  status TEXT NOT NULL, status_detail TEXT NOT NULL, cancel_requested INTEGER NOT NULL, attempt_id TEXT NOT NULL,
  applied_seq INTEGER NOT NULL, error TEXT NOT NULL, warnings TEXT NOT NULL, created INTEGER NOT NULL, started INTEGER, ended INTEGER);
CREATE INDEX job_newest ON job (created, id);
CREATE INDEX job_experiment ON job (experiment, created, id);
CREATE INDEX job_type_newest ON job (job_type, created, id);
CREATE INDEX job_archived ON job (archived, created, id);
CREATE INDEX job_unfinished ON job (id) WHERE status NOT IN ('Completed', 'Failed', 'Canceled');
CREATE TABLE job_tag (
  job INTEGER NOT NULL REFERENCES job (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (job, key)) WITHOUT ROWID;
CREATE INDEX job_tag_value ON job_tag (key, value, job);

CREATE TABLE container (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE blob (
  container TEXT NOT NULL, name TEXT NOT NULL, content_type TEXT NOT NULL, content_md5 TEXT NOT NULL, etag TEXT NOT NULL,
  metadata TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (container, name)) WITHOUT ROWID;
)sql";

TEST_F(StoreTest, StoreOfTheFirstVersion_IsBroughtUpToDateWithAllItHolds) {
  store_.reset();
  std::filesystem::remove(file());
  {
    Database old{file()};
    old.execute(kFirstSchema);
    old.execute("PRAGMA application_id = " + std::to_string(kApplicationId) +
                "; PRAGMA user_version = 1; PRAGMA journal_mode = WAL");
    old.execute(
        "INSERT INTO container VALUES ('box');"
        "INSERT INTO blob VALUES ('box', 'src/a', 'text/plain', 'md5', 'etag', '{\"k\":\"v\"}', 3, "
        "1700000000000000000);"
        "INSERT INTO code VALUES (1, 'c', '1', 'http://u', '', '{}', '{\"hash_sha256\":\"x\"}', 'x', 0, "
        "1700000000000000000);"
        "INSERT INTO experiment VALUES ('id', 'diabetes', 1700000000000000000);"
        "INSERT INTO job VALUES (1, 'r1', 'diabetes', 'Command', 'r1', '', '{}', '{\"t\":\"1\"}', '{}', 0, 'Running', "
        "'', 0, 'attempt', 4, '', '[]', "
        "1700000000000000000, 1700000001000000000, NULL);"
        "INSERT INTO job_tag VALUES (1, 't', '1')");
  }
  store_ = std::make_unique<Store>(file());
  EXPECT_TRUE(store_->has_container("box"));
  EXPECT_EQ(store_->find_blob("box", "src/a")->metadata.at("k"), "v");
  EXPECT_EQ(store_->find_code_by_hash("x")->name, "c");
  EXPECT_EQ(store_->find_experiment("diabetes")->id, "id");
  EXPECT_EQ(store_->list_jobs({.tags = {{"t", "1"}}}, {}, 10).items.at(0).applied_seq, 4U);
  EXPECT_TRUE(store_->list_datastores().empty());
  EXPECT_TRUE(store_->find_blocks("box", "src/a").empty());
  EXPECT_TRUE(store_->add_data({.name = "d", .version = "1", .uri = "u"}));
  store_.reset();
  EXPECT_EQ(Database{file()}.pragma("user_version"), schema_version());
  EXPECT_GE(schema_version(), 2);
}

TEST_F(StoreTest, StepThatFails_LeavesTheOldStoreAsItWas) {
  store_.reset();
  std::filesystem::remove(file());
  {
    Database old{file()};
    old.execute(kFirstSchema);
    old.execute("PRAGMA application_id = " + std::to_string(kApplicationId) + "; PRAGMA user_version = 1");
    // In the way of the next step, after its first statement.
    old.execute("CREATE TABLE data (x)");
  }
  EXPECT_THROW(Store{file()}, std::runtime_error);
  Database left{file()};
  EXPECT_EQ(left.pragma("user_version"), 1);
  auto table = left.query("SELECT count(*) FROM sqlite_master WHERE name = 'datastore'");
  ASSERT_TRUE(table.step());
  EXPECT_EQ(table.number(0), 0);
}

}  // namespace
}  // namespace azureml::engine::store
