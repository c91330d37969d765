#include "engine/runner/data_outputs.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "engine/runner/fold_data.hpp"
#include "engine/runner/manifest.hpp"
#include "engine/store/home.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string md5(std::string const& text) {
  auto digest = base::Digest::md5();
  digest.update(text);
  return base::to_base64(digest.finish());
}

struct DataOutputsTest : ::testing::Test {
  DataOutputsTest() {
    outputs = {{.name = "model",
                .address = "azureml://datastores/d/paths/p",
                .container = "box",
                .directory = (home.blobs() / "box").string(),
                .path = "p"}};
    fs::create_directories(paths.data_output("model"));
    fs::create_directories(paths.work());
  }
  void leave(std::string const& name, std::string const& text) {
    test::write_text(paths.data_output("model") / name, text);
  }
  void store_all() {
    DataOutputs all(paths, outputs, [&](DataOutputs::Batch const& batch) { batches.push_back(batch); });
    all.store_all();
    files = all.files();
    warnings = all.warnings();
    failure = all.failure();
  }
  /// As the engine does for each batch it is told of.
  void fold() {
    for (auto const& batch : batches)
      record_blobs(database, paths.manifest(), home.blobs(), batch.begin, batch.end, SIZE_MAX);
  }
  std::vector<std::string> names() {
    std::vector<std::string> result;
    for (auto const& blob : database.list_blobs("box", "", "", 5000).items) result.push_back(blob.name);
    return result;
  }
  std::string blob(std::string const& name) { return test::read_text(home.blobs() / "box" / name); }

  test::TemporaryDirectory directory{};
  store::Home home{directory.path()};
  store::Store database{home.database()};
  RunPaths paths{home.run("r")};
  std::vector<DataOutput> outputs{};
  std::vector<DataOutputs::Batch> batches{};
  std::uint64_t files = 0;
  std::vector<std::string> warnings{};
  std::string failure{};
};

TEST_F(DataOutputsTest, FilesOfAnOutput_BecomeBlobsWithTheirSums) {
  leave("a.txt", "hello");
  leave("sub/ä b", "");
  store_all();
  EXPECT_EQ(files, 2U);
  EXPECT_EQ(failure, "");
  fold();
  EXPECT_THAT(names(), ElementsAre("p/a.txt", "p/sub/ä b"));
  auto const record = database.find_blob("box", "p/a.txt");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->size, 5U);
  EXPECT_EQ(record->content_md5, md5("hello"));
  EXPECT_THAT(record->etag, ::testing::StartsWith("\"0x"));
  EXPECT_EQ(blob("p/a.txt"), "hello");
  EXPECT_TRUE(database.has_container("box"));
  EXPECT_FALSE(fs::exists(paths.data_output("model") / "a.txt"));  // moved, not copied
}

TEST_F(DataOutputsTest, BlobsThatAreThere_AreReplacedAndOthersStay) {
  test::write_text(home.blobs() / "box/p/a.txt", "old");
  test::write_text(home.blobs() / "box/p/other", "other");
  database.put_blob({.container = "box", .name = "p/a.txt", .content_md5 = md5("old"), .etag = "\"1\"", .size = 3});
  leave("a.txt", "new one");
  store_all();
  fold();
  EXPECT_EQ(blob("p/a.txt"), "new one");
  EXPECT_EQ(database.find_blob("box", "p/a.txt")->size, 7U);
  EXPECT_EQ(blob("p/other"), "other");
}

TEST_F(DataOutputsTest, ManyFiles_GoInBatchesAndFoldingMayBeRepeated) {
  for (int i = 0; i < 600; ++i) leave("f" + std::to_string(i), "x");
  store_all();
  EXPECT_EQ(batches.size(), 3U);
  fold();
  auto const etag = database.find_blob("box", "p/f0")->etag;
  fold();
  EXPECT_EQ(names().size(), 600U);
  EXPECT_EQ(database.find_blob("box", "p/f0")->etag, etag);
}

TEST_F(DataOutputsTest, OutputOfOneFile_IsThatFile) {
  outputs = {{.name = "model",
              .kind = DataOutput::Kind::file,
              .container = "box",
              .directory = (home.blobs() / "box").string(),
              .path = "p/result$.csv"}};
  leave("result_.csv", "1");
  leave("stray", "2");
  store_all();
  fold();
  EXPECT_THAT(names(), ElementsAre("p/result$.csv"));
}

TEST_F(DataOutputsTest, OutputOfOneFileThatIsNotWritten_IsAWarning) {
  outputs = {{.name = "model",
              .kind = DataOutput::Kind::file,
              .container = "box",
              .directory = (home.blobs() / "box").string(),
              .path = "p/r.csv"}};
  store_all();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr("'model' was not written"));
  EXPECT_EQ(failure, "");
}

TEST_F(DataOutputsTest, LinksAreFollowedWithinTheRunOnly) {
  test::write_text(directory.path() / "secret", "secret");
  test::write_text(paths.work() / "outputs/model.pkl", "weights");
  leave("own", "own");
  auto const folder = paths.data_output("model");
  fs::create_symlink(paths.work() / "outputs/model.pkl", folder / "from_work");
  fs::create_symlink("own", folder / "within");
  fs::create_symlink(directory.path() / "secret", folder / "out");
  fs::create_symlink("nowhere", folder / "dangling");
  fs::create_directory_symlink(paths.work(), folder / "folder");
  fs::create_hard_link(directory.path() / "secret", folder / "hard");
  store_all();
  fold();
  EXPECT_THAT(names(), ElementsAre("p/from_work", "p/hard", "p/own", "p/within"));
  EXPECT_EQ(blob("p/from_work"), "weights");
  EXPECT_EQ(test::read_text(paths.work() / "outputs/model.pkl"), "weights");
  EXPECT_EQ(warnings.size(), 3U);
  // The blob is nobody else's file.
  test::write_text(directory.path() / "secret", "changed");
  EXPECT_EQ(blob("p/hard"), "secret");
}

TEST_F(DataOutputsTest, WhatCannotBeABlob_FailsNamingItAndTheRestIsStored) {
  leave("good", "1");
  leave("bad\\name", "2");
  store_all();
  fold();
  EXPECT_THAT(names(), ElementsAre("p/good"));
  EXPECT_THAT(failure, HasSubstr("backslash"));
  EXPECT_THAT(failure, HasSubstr((paths.data_output("model") / "bad\\name").string()));
  EXPECT_TRUE(fs::exists(paths.data_output("model") / "bad\\name"));
}

TEST_F(DataOutputsTest, NameThatIsAFolderOfOtherBlobs_FailsAndDestroysNothing) {
  test::write_text(home.blobs() / "box/p/taken/other", "other");
  test::write_text(home.blobs() / "box/p/file", "file");
  leave("taken", "1");
  leave("file/inside", "2");
  store_all();
  fold();
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(failure, HasSubstr("cannot be a blob"));
  EXPECT_EQ(blob("p/taken/other"), "other");
  EXPECT_EQ(blob("p/file"), "file");
  EXPECT_TRUE(fs::exists(paths.data_output("model") / "taken"));
}

TEST_F(DataOutputsTest, LinkAmongTheBlobs_IsNotFollowed) {
  fs::create_directories(home.blobs() / "box");
  fs::create_directories(directory.path() / "elsewhere");
  fs::create_directory_symlink(directory.path() / "elsewhere", home.blobs() / "box/p");
  leave("a", "1");
  store_all();
  EXPECT_NE(failure, "");
  EXPECT_TRUE(fs::is_empty(directory.path() / "elsewhere"));
}

/// A death between any two steps: what is in the manifest and what is in the folders are all there is to go on from.
TEST_F(DataOutputsTest, DeathAtAnyStep_IsMadeGoodByDoingItAgain) {
  leave("a", "first");
  leave("b", "second");
  store_all();
  auto const manifest = test::read_text(paths.manifest());
  ASSERT_EQ(batches.size(), 1U);
  // After the lines, before any move; after one move; after both, before the journal knew.
  for (int moved = 0; moved <= 2; ++moved) {
    for (int torn = 0; torn <= 1; ++torn) {
      fs::remove_all(home.blobs());
      fs::remove_all(paths.data_output("model"));
      leave("a", "first");
      leave("b", "second");
      fs::remove(paths.manifest());
      batches.clear();
      store_all();  // the manifest of these very files
      if (moved < 2) fs::rename(home.blobs() / "box/p/b", paths.data_output("model") / "b");
      if (moved < 1) fs::rename(home.blobs() / "box/p/a", paths.data_output("model") / "a");
      if (torn == 1) test::append_text(paths.manifest(), R"({"container":"box","na)");
      store_all();
      std::uint64_t begin = 0;
      for (;;) {
        auto const next = record_blobs(database, paths.manifest(), home.blobs(), begin, UINT64_MAX, 1);
        if (next == begin) break;
        begin = next;
      }
      EXPECT_THAT(names(), ElementsAre("p/a", "p/b")) << moved << torn;
      for (auto const* name : {"p/a", "p/b"}) {
        auto const record = database.find_blob("box", name);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->content_md5, md5(blob(name)));
        database.remove_blob("box", name);
      }
      EXPECT_EQ(blob("p/a"), "first");
    }
  }
}

TEST_F(DataOutputsTest, FileThatSomebodyElseReplaced_IsNotTheRunsToRecord) {
  leave("a", "mine");
  store_all();
  test::write_text(home.blobs() / "box/p/new", "theirs");
  fs::rename(home.blobs() / "box/p/new", home.blobs() / "box/p/a");
  database.add_container("box");
  database.put_blob({.container = "box", .name = "p/a", .etag = "\"theirs\"", .size = 6});
  fold();
  EXPECT_EQ(database.find_blob("box", "p/a")->etag, "\"theirs\"");
}

TEST(Manifest, LinesThatAreNone_AreLeftOut) {
  test::TemporaryDirectory directory;
  ManifestLine const line{.blob = {.container = "box",
                                   .name = "a",
                                   .content_type = "application/octet-stream",
                                   .content_md5 = "m",
                                   .etag = "e",
                                   .size = 1},
                          .inode = 2,
                          .modified_ns = 3};
  auto hostile = line;
  hostile.blob.name = "../../etc/passwd";
  auto other = line;
  other.blob.container = "..";
  auto const path = directory.path() / "m";
  test::write_text(path, to_text(line) + "nonsense\n\n[]\n{\"container\":1}\n" + to_text(hostile) + to_text(other) +
                             to_text(line) + "{\"torn");
  auto const part = read_manifest(path, 0, UINT64_MAX, 100);
  ASSERT_EQ(part.lines.size(), 2U);
  EXPECT_EQ(part.lines[1].blob.name, "a");
  EXPECT_EQ(part.lines[1].inode, 2U);
  EXPECT_EQ(part.next, fs::file_size(path) - 6);
  EXPECT_EQ(read_manifest(path, part.next, UINT64_MAX, 100).next, part.next);
  EXPECT_EQ(read_manifest(directory.path() / "none", 0, UINT64_MAX, 100).lines.size(), 0U);
  EXPECT_EQ(read_manifest(path, 0, UINT64_MAX, 1).next, to_text(line).size());
  EXPECT_EQ(read_manifest(path, 0, to_text(line).size(), 100).lines.size(), 1U);
}

TEST_F(DataOutputsTest, RegisteredOutput_GetsTheNextVersionOnce) {
  DataNews::Registered const output{
      .output = "model", .asset = "m", .type = "uri_folder", .address = "azureml://datastores/d/paths/p"};
  register_output(database, "r1", output);
  register_output(database, "r1", output);
  EXPECT_EQ(database.list_data_versions("m").size(), 1U);
  EXPECT_EQ(database.find_data("m", "1")->uri, "azureml://datastores/d/paths/p");
  database.add_data({.name = "m", .version = "7"});
  database.add_data({.name = "m", .version = "beta"});
  register_output(database, "r2", output);
  EXPECT_TRUE(database.find_data("m", "8"));
}

}  // namespace
}  // namespace azureml::engine::runner
