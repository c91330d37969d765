#include "store_fixture.hpp"

#include "engine/store/schema.hpp"
#include "engine/store/sqlite.hpp"
#include "support/read_file.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace azureml::engine::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of_opening(std::filesystem::path const& file) {
  try {
    Store store{file};
  } catch (std::runtime_error const& error) {
    return error.what();
  }
  return {};
}

TEST_F(StoreTest, NewFile_HasVersionAndMark) {
  store_.reset();
  Database database{file()};
  EXPECT_EQ(database.pragma("user_version"), schema_version());
  EXPECT_EQ(database.pragma("application_id"), kApplicationId);
  auto mode = database.query("PRAGMA journal_mode");
  ASSERT_TRUE(mode.step());
  EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(StoreTest, NewerStore_IsRefusedNamingBothVersionsAndLeftAlone) {
  store_.reset();
  auto const newer = schema_version() + 6;
  {
    Database database{file()};
    database.execute("PRAGMA user_version = " + std::to_string(newer));
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  auto const before = test::read_file(file());
  EXPECT_THAT(error_of_opening(file()), AllOf(HasSubstr(file().string()), HasSubstr("schema version " + std::to_string(newer)),
                                              HasSubstr("up to " + std::to_string(schema_version()))));
  EXPECT_EQ(test::read_file(file()), before);
}

TEST_F(StoreTest, DatabaseOfAnotherProgram_IsRefusedAndLeftAlone) {
  auto const other = directory_ / "other.db";
  { Database{other}.execute("CREATE TABLE mine (x)"); }
  auto const before = test::read_file(other);
  EXPECT_THAT(error_of_opening(other), AllOf(HasSubstr(other.string()), HasSubstr("another program")));
  EXPECT_EQ(test::read_file(other), before);
}

TEST_F(StoreTest, FileThatIsNoDatabase_IsSaidToBeDamaged) {
  auto const text = directory_ / "text.db";
  std::ofstream{text} << std::string(8192, 'x');
  EXPECT_THAT(error_of_opening(text), AllOf(HasSubstr(text.string()), HasSubstr("damaged")));
}

TEST_F(StoreTest, MissingDirectory_IsNamed) {
  auto const file = directory_ / "absent" / "store.db";
  EXPECT_THAT(error_of_opening(file), AllOf(HasSubstr(file.string()), HasSubstr("directory")));
}

TEST_F(StoreTest, LockedByAnotherConnection_SaysSo) {
  Database other{file()};
  other.execute("BEGIN IMMEDIATE");
  try {
    store_->add_container("c");
    FAIL() << "the store is locked";
  } catch (std::runtime_error const& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(file().string()), HasSubstr("locked")));
  }
  other.execute("ROLLBACK");
  store_->add_container("c");
  EXPECT_TRUE(store_->has_container("c"));
}

TEST_F(StoreTest, FullDisk_SaysSoAndLeavesTheStoreValid) {
  store_.reset();
  // A bound on the pages is what SQLite reports as a full disk.
  Database database{file()};
  database.execute("PRAGMA max_page_count = " + std::to_string(database.pragma("page_count") + 1));
  try {
    for (int i = 0; i < 100; ++i) {
      database.query("INSERT INTO container (name) VALUES (?)").bind(std::string(2000, 'a') + std::to_string(i)).run();
    }
    FAIL() << "there is no room for this";
  } catch (std::runtime_error const& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(file().string()), HasSubstr("disk is full")));
  }
  auto check = database.query("PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.text(0), "ok");
}

TEST_F(StoreTest, TransactionNotCommitted_LeavesNothing) {
  store_.reset();
  Database database{file()};
  {
    Transaction transaction{database};
    database.query("INSERT INTO container (name) VALUES ('x')").run();
  }
  auto count = database.query("SELECT count(*) FROM container");
  ASSERT_TRUE(count.step());
  EXPECT_EQ(count.number(0), 0);
}

}  // namespace
}  // namespace azureml::engine::store
