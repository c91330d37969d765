#include "store_fixture.hpp"

namespace azureml::engine::store {
namespace {

TEST_F(StoreTest, Code_IsKeptWithAllItsMembers) {
  CodeRecord const code{.name = "c",
                        .version = "1",
                        .code_uri = "http://127.0.0.1:1/acct/box/src",
                        .description = "über",
                        .tags = {{"t", "1"}},
                        .properties = {{"hash_sha256", "ab"}, {"hash_version", "202208"}},
                        .archived = true,
                        .created = TimePoint{} + std::chrono::nanoseconds(1'700'000'000'123'456'700)};
  ASSERT_TRUE(store_->add_code(code));
  reopen();
  auto const found = store_->find_code("c", "1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->code_uri, code.code_uri);
  EXPECT_EQ(found->description, code.description);
  EXPECT_EQ(found->tags, code.tags);
  EXPECT_EQ(found->properties, code.properties);
  EXPECT_TRUE(found->archived);
  EXPECT_EQ(found->created, code.created);
  EXPECT_FALSE(store_->find_code("c", "2"));
}

TEST_F(StoreTest, CodeThatExists_IsLeftUnchanged) {
  ASSERT_TRUE(store_->add_code({.name = "c", .version = "1", .code_uri = "first"}));
  EXPECT_FALSE(store_->add_code({.name = "c", .version = "1", .code_uri = "second"}));
  EXPECT_EQ(store_->find_code("c", "1")->code_uri, "first");
}

TEST_F(StoreTest, CodeByHash_IsTheNewestOfAnyName) {
  store_->add_code({.name = "a", .version = "1", .properties = {{"hash_sha256", "x"}}});
  store_->add_code({.name = "b", .version = "1", .properties = {{"hash_sha256", "x"}}});
  store_->add_code({.name = "c", .version = "1"});
  EXPECT_EQ(store_->find_code_by_hash("x")->name, "b");
  EXPECT_FALSE(store_->find_code_by_hash("y"));
  EXPECT_FALSE(store_->find_code_by_hash(""));
}

TEST_F(StoreTest, Versions_AreNewestFirst) {
  for (auto const* version : {"1", "10", "2"}) {
    store_->add_code({.name = "c", .version = version});
    store_->add_environment({.name = "e", .version = version, .image = "i"});
  }
  auto const codes = store_->list_code_versions("c");
  ASSERT_EQ(codes.size(), 3U);
  EXPECT_EQ(codes[0].version, "2");
  EXPECT_EQ(codes[2].version, "1");
  auto const environments = store_->list_environment_versions("e");
  ASSERT_EQ(environments.size(), 3U);
  EXPECT_EQ(environments[0].version, "2");
  EXPECT_TRUE(store_->list_environment_versions("other").empty());
}

TEST_F(StoreTest, Environment_IsKeptAndNotReplaced) {
  EnvironmentRecord const environment{.name = "e",
                                      .version = "v",
                                      .image = "img",
                                      .conda_file = "dependencies: [python]\n",
                                      .build = "{}",
                                      .description = "d",
                                      .tags = {{"a", "b"}},
                                      .properties = {{"p", "q"}},
                                      .anonymous = true,
                                      .archived = true};
  ASSERT_TRUE(store_->add_environment(environment));
  EXPECT_FALSE(store_->add_environment({.name = "e", .version = "v", .image = "other"}));
  reopen();
  auto const found = store_->find_environment("e", "v");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->image, "img");
  EXPECT_EQ(found->conda_file, environment.conda_file);
  EXPECT_EQ(found->build, "{}");
  EXPECT_EQ(found->description, "d");
  EXPECT_EQ(found->tags, environment.tags);
  EXPECT_EQ(found->properties, environment.properties);
  EXPECT_TRUE(found->anonymous);
  EXPECT_TRUE(found->archived);
  EXPECT_FALSE(store_->find_environment("e", "w"));
}

TEST_F(StoreTest, Experiment_IsMadeOnceAndFoundBothWays) {
  auto const first = store_->ensure_experiment("diabetes");
  auto const again = store_->ensure_experiment("diabetes");
  EXPECT_EQ(first.id, again.id);
  EXPECT_EQ(first.id.size(), 36U);
  EXPECT_NE(store_->ensure_experiment("other").id, first.id);
  EXPECT_EQ(store_->find_experiment_by_id(first.id)->name, "diabetes");
  EXPECT_EQ(store_->find_experiment("diabetes")->id, first.id);
  EXPECT_FALSE(store_->find_experiment("absent"));
  EXPECT_FALSE(store_->find_experiment_by_id("absent"));
}

TEST_F(StoreTest, TextWithQuotesAndZeroBytes_ComesBackAsItWas) {
  std::string const odd("a'b\";DROP TABLE job;--\0z", 23);
  store_->ensure_experiment(odd);
  EXPECT_EQ(store_->find_experiment(odd)->name, odd);
}

}  // namespace
}  // namespace azureml::engine::store
