#include "store_fixture.hpp"

#include "engine/store/sqlite.hpp"

namespace azureml::engine::store {
namespace {

TEST_F(StoreTest, Container_IsThereOnceAdded) {
  EXPECT_FALSE(store_->has_container("box"));
  store_->add_container("box");
  store_->add_container("box");
  EXPECT_TRUE(store_->has_container("box"));
}

TEST_F(StoreTest, Blob_IsKeptReplacedAndRemoved) {
  BlobRecord blob{.container = "box",
                  .name = "src/train.py",
                  .content_type = "text/plain",
                  .content_md5 = "md5",
                  .etag = "\"0x1\"",
                  .metadata = {{"upload_status", "completed"}},
                  .size = 5'000'000'000,
                  .modified = TimePoint{} + std::chrono::seconds(1)};
  store_->put_blob(blob);
  reopen();
  auto const found = store_->find_blob("box", "src/train.py");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->content_type, blob.content_type);
  EXPECT_EQ(found->content_md5, blob.content_md5);
  EXPECT_EQ(found->etag, blob.etag);
  EXPECT_EQ(found->metadata, blob.metadata);
  EXPECT_EQ(found->size, blob.size);
  EXPECT_EQ(found->modified, blob.modified);
  blob.size = 3;
  store_->put_blob(blob);
  EXPECT_EQ(store_->find_blob("box", "src/train.py")->size, 3U);
  EXPECT_TRUE(store_->remove_blob("box", "src/train.py"));
  EXPECT_FALSE(store_->remove_blob("box", "src/train.py"));
  EXPECT_FALSE(store_->find_blob("box", "src/train.py"));
}

TEST_F(StoreTest, BlocksOfABlob_StayWithItUntilItIsReplacedOrRemoved) {
  BlobRecord blob{.container = "box", .name = "big", .size = 7};
  std::vector<BlockRecord> const blocks{{"MDA=", 4}, {"MDE=", 3}};
  store_->put_blob(blob, blocks);
  reopen();
  EXPECT_EQ(store_->find_blocks("box", "big"), blocks);
  EXPECT_TRUE(store_->find_blocks("box", "other").empty());
  blob.metadata = {{"k", "v"}};
  blob.etag = "\"0x2\"";
  blob.modified = TimePoint{} + std::chrono::seconds(9);
  store_->update_blob_labels(blob);
  EXPECT_EQ(store_->find_blob("box", "big")->metadata, blob.metadata);
  EXPECT_EQ(store_->find_blob("box", "big")->etag, blob.etag);
  EXPECT_EQ(store_->find_blob("box", "big")->modified, blob.modified);
  EXPECT_EQ(store_->find_blocks("box", "big"), blocks);
  store_->put_blob(blob);
  EXPECT_TRUE(store_->find_blocks("box", "big").empty());
  store_->put_blob(blob, blocks);
  store_->remove_blob("box", "big");
  EXPECT_TRUE(store_->find_blocks("box", "big").empty());
  store_->update_blob_labels(blob);
  EXPECT_FALSE(store_->find_blob("box", "big"));
}

TEST_F(StoreTest, ManyBlobs_AreWrittenAllOrNone) {
  store_->put_blobs({{.container = "box", .name = "a", .size = 1}, {.container = "box", .name = "b", .size = 2}});
  EXPECT_EQ(store_->find_blob("box", "b")->size, 2U);
  Database other{file()};
  other.execute("CREATE TRIGGER no_x BEFORE INSERT ON blob WHEN NEW.name = 'x' BEGIN SELECT RAISE(ABORT, 'no x'); END");
  EXPECT_THROW(store_->put_blobs({{.container = "box", .name = "a", .size = 9}, {.container = "box", .name = "x"}}), std::runtime_error);
  EXPECT_EQ(store_->find_blob("box", "a")->size, 1U);
}

TEST_F(StoreTest, BlobsOfAPrefix_AreListedInByteOrderByPages) {
  for (auto const* name : {"a", "src/B", "src/a", "src/\xc3\xa9", "src2", "src/z", "zz"}) store_->put_blob({.container = "box", .name = name});
  store_->put_blob({.container = "other", .name = "src/x"});
  std::vector<std::string> names;
  std::string after;
  int pages = 0;
  do {
    auto const page = store_->list_blobs("box", "src/", after, 2);
    for (auto const& blob : page.items) names.push_back(blob.name);
    after = page.next;
    ++pages;
  } while (!after.empty() && pages < 10);
  EXPECT_EQ(names, (std::vector<std::string>{"src/B", "src/a", "src/z", "src/\xc3\xa9"}));
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(store_->list_blobs("box", "", "", 100).items.size(), 7U);
}

TEST_F(StoreTest, PrefixWithPatternCharacters_IsTakenLiterally) {
  store_->put_blob({.container = "box", .name = "a%b/c"});
  store_->put_blob({.container = "box", .name = "axb/c"});
  EXPECT_EQ(store_->list_blobs("box", "a%b", "", 100).items.size(), 1U);
}

}  // namespace
}  // namespace azureml::engine::store
