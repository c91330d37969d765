#include "store_fixture.hpp"

#include <sys/stat.h>

namespace azureml::engine::store {
namespace {

DatastoreRecord a_datastore(std::string const& name) {
  return {.name = name,
          .type = "AzureBlob",
          .account = "acct",
          .container = "box",
          .endpoint = "core.windows.net",
          .protocol = "https",
          .credentials_type = "AccountKey",
          .secret = "a2V5",
          .description = "über",
          .tags = {{"t", "1"}},
          .properties = {{"p", "2"}},
          .created = TimePoint{} + std::chrono::seconds(1'700'000'000)};
}

TEST_F(StoreTest, Datastore_IsKeptReplacedAndRemoved) {
  auto wanted = a_datastore("mine");
  store_->put_datastore(wanted);
  reopen();
  auto const found = store_->find_datastore("mine");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->type, wanted.type);
  EXPECT_EQ(found->account, wanted.account);
  EXPECT_EQ(found->container, wanted.container);
  EXPECT_EQ(found->endpoint, wanted.endpoint);
  EXPECT_EQ(found->protocol, wanted.protocol);
  EXPECT_EQ(found->credentials_type, wanted.credentials_type);
  EXPECT_EQ(found->secret, wanted.secret);
  EXPECT_EQ(found->description, wanted.description);
  EXPECT_EQ(found->tags, wanted.tags);
  EXPECT_EQ(found->properties, wanted.properties);
  EXPECT_EQ(found->created, wanted.created);
  wanted.secret = "other";
  store_->put_datastore(wanted);
  EXPECT_EQ(store_->find_datastore("mine")->secret, "other");
  EXPECT_TRUE(store_->remove_datastore("mine"));
  EXPECT_FALSE(store_->remove_datastore("mine"));
  EXPECT_FALSE(store_->find_datastore("mine"));
}

TEST_F(StoreTest, Datastores_AreListedByName) {
  for (auto const* name : {"b", "a", "c"}) store_->put_datastore(a_datastore(name));
  auto const all = store_->list_datastores();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[2].name, "c");
}

TEST_F(StoreTest, DefaultDatastore_IsForgottenWithTheDatastore) {
  EXPECT_EQ(store_->default_datastore(), "");
  for (auto const* name : {"a", "b"}) store_->put_datastore(a_datastore(name));
  store_->set_default_datastore("b");
  store_->remove_datastore("a");
  reopen();
  EXPECT_EQ(store_->default_datastore(), "b");
  store_->remove_datastore("b");
  EXPECT_EQ(store_->default_datastore(), "");
}

TEST_F(StoreTest, Data_IsKeptAndItsAddressNotReplaced) {
  DataRecord data{.name = "d",
                  .version = "1",
                  .type = "uri_file",
                  .uri = "azureml://datastores/workspaceblobstore/paths/a",
                  .description = "text",
                  .tags = {{"t", "1"}},
                  .properties = {{"p", "2"}},
                  .anonymous = true,
                  .archived = true,
                  .created = TimePoint{} + std::chrono::seconds(5)};
  ASSERT_TRUE(store_->add_data(data));
  EXPECT_FALSE(store_->add_data({.name = "d", .version = "1", .uri = "other"}));
  reopen();
  auto found = store_->find_data("d", "1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->type, data.type);
  EXPECT_EQ(found->uri, data.uri);
  EXPECT_EQ(found->description, data.description);
  EXPECT_EQ(found->tags, data.tags);
  EXPECT_EQ(found->properties, data.properties);
  EXPECT_TRUE(found->anonymous);
  EXPECT_TRUE(found->archived);
  EXPECT_EQ(found->created, data.created);
  data.uri = "never";
  data.description = "new";
  data.archived = false;
  store_->update_data_labels(data);
  found = store_->find_data("d", "1");
  EXPECT_EQ(found->description, "new");
  EXPECT_FALSE(found->archived);
  EXPECT_NE(found->uri, "never");
}

TEST_F(StoreTest, DataVersions_AreNewestFirstAndNamesInOrder) {
  for (auto const* version : {"1", "10", "2"}) store_->add_data({.name = "d", .version = version, .uri = "u"});
  store_->add_data({.name = "a", .version = "1", .uri = "u"});
  auto const versions = store_->list_data_versions("d");
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_EQ(versions[0].version, "2");
  EXPECT_EQ(versions[2].version, "1");
  EXPECT_EQ(store_->list_data_names(), (std::vector<std::string>{"a", "d"}));
  EXPECT_TRUE(store_->remove_data("d", "10"));
  EXPECT_FALSE(store_->remove_data("d", "10"));
  EXPECT_EQ(store_->list_data_versions("d").size(), 2U);
}

TEST_F(StoreTest, Database_IsForItsOwnerAlone) {
  store_->put_datastore(a_datastore("mine"));
  for (auto const* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((file().string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
}

}  // namespace
}  // namespace azureml::engine::store
