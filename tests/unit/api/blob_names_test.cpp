#include "api/blob_names.hpp"

#include <gmock/gmock.h>

namespace azureml::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> targets(BlobNames const& names) {
  std::vector<std::string> result;
  for (std::size_t index = 0; index < names.count(); ++index) result.push_back(names.item(index).target);
  return result;
}

TEST(BlobNames, Items_AreWhatTheListingSaid) {
  BlobNames names("download");
  std::string const md5("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 16);
  names.add({.name = "b", .size = 7, .md5 = md5, .etag = "0x8D1"});
  names.add({.name = "a/größe", .size = 5, .etag = "0x8D2"});
  names.finish();
  EXPECT_THAT(targets(names), ElementsAre("a/größe", "b"));
  EXPECT_EQ(names.bytes(), 12U);
  auto const item = names.item(1);
  EXPECT_EQ(item.blob, "b");
  EXPECT_EQ(item.size, 7U);
  EXPECT_EQ(item.md5, md5);
  EXPECT_EQ(item.etag, "0x8D1");
  EXPECT_EQ(names.item(0).md5, "");
  EXPECT_EQ(names.item(0).etag, "0x8D2");
}

TEST(BlobNames, FoldersInWhateverDisguise_AreLeftOut) {
  BlobNames names("download");
  names.add({.name = "marked", .is_folder = true});
  names.add({.name = "slash/"});
  names.add({.name = "plain"});  // empty, and there are blobs below it
  names.add({.name = "plain-more", .size = 1});
  names.add({.name = "plain/x", .size = 1});
  names.add({.name = "empty"});
  names.finish();
  EXPECT_THAT(targets(names), ElementsAre("empty", "plain-more", "plain/x"));
}

TEST(BlobNames, FileThatIsAFolderToo_IsAFault) {
  BlobNames names("download from 'd'");
  names.add({.name = "a", .size = 3});
  names.add({.name = "a/b", .size = 1});
  try {
    names.finish();
    FAIL() << "no error";
  } catch (ValidationError const& error) {
    ASSERT_EQ(error.faults().size(), 1U);
    EXPECT_EQ(error.faults()[0].field, "blob 'a'");
    EXPECT_THAT(error.what(), HasSubstr("cannot download from 'd'"));
  }
}

TEST(BlobNames, NamesThatAreNoPaths_AreAllTold) {
  BlobNames names("download");
  for (auto const* bad : {"../up", "/abs", "a//b", "a\\b", "."}) names.add({.name = bad, .size = 1});
  names.add({.name = "good", .size = 1});
  try {
    names.finish();
    FAIL() << "no error";
  } catch (ValidationError const& error) {
    EXPECT_EQ(error.faults().size(), 5U);
  }
}

}  // namespace
}  // namespace azureml::api
