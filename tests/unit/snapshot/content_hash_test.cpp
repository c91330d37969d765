#include "snapshot/snapshot.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <map>

namespace azureml::snapshot {
namespace {

using test::TemporaryFolder;

TEST(ContentHash, RecordedByTheService_IsTheSame) {
  TemporaryFolder const root;
  root.write("file1.txt", "test_960657738740");
  root.write("file2.txt", "test_451453340102");
  EXPECT_EQ(content_hash(make_plan(root.path())), "a7bbb2e0dd23dd119e029622fa86c97df1e5828319200c71eeb59cdb170a5086");
}

TEST(ContentHash, EmptyFileAndFolder_AsTheOfficialClientHasIt) {
  TemporaryFolder const root;
  root.write("empty.txt");
  root.write("sub/a.txt", "a");
  root.write("train.py", "print(1)\n");
  root.folder("no files");
  EXPECT_EQ(content_hash(make_plan(root.path())), "7fa69fb395dbf6f88524bf54e782e4880e7e471005e2986c1ad69391a1184293");
}

TEST(ContentHash, OrderIsByUnicodeLowerCase_NotAscii) {
  TemporaryFolder const root;
  root.write("Ê.txt", "1");
  root.write("é.txt", "22");
  EXPECT_EQ(content_hash(make_plan(root.path())), "fb05b5c5f8866dbbf064a33622fa677219455eefb4d6160e02df31a8abd3a742");
}

TEST(ContentHash, SameFilesWithAnEntryIgnored_HashTheSame) {
  TemporaryFolder const root, other;
  for (auto const* const folder : {&root, &other}) {
    folder->write(".gitignore", "*.bin\n");
    folder->write("a.py", "1");
  }
  other.write("x.bin", "ignored");
  EXPECT_EQ(content_hash(make_plan(root.path())), content_hash(make_plan(other.path())));
}

TEST(ContentHash, LinkAndCopy_HashTheSame) {
  TemporaryFolder const root, other;
  root.write("a.py", "1");
  root.link("b.py", "a.py");
  other.write("a.py", "1");
  other.write("b.py", "1");
  EXPECT_EQ(content_hash(make_plan(root.path())), content_hash(make_plan(other.path())));
}

TEST(ContentHash, LargeFiles_AreReadInPiecesAndReported) {
  TemporaryFolder const root;
  root.write("big", std::string(1'000'000, 'x'));
  root.write("small", "123");
  std::map<std::string, std::uint64_t> seen;
  int calls = 0;
  content_hash(make_plan(root.path()), [&](std::uint64_t count, std::string const& path) {
    seen[path] += count;
    ++calls;
    EXPECT_LE(count, 256U << 10);
  });
  EXPECT_EQ(seen["big"], 1'000'000U);
  EXPECT_EQ(seen["small"], 3U);
  EXPECT_GE(calls, 5);
}

TEST(ContentHash, FileThatGrewSinceThePlan_IsAnErrorThatNamesIt) {
  TemporaryFolder const root;
  root.write("a.py", "1");
  auto const plan = make_plan(root.path());
  root.write("a.py", "12");
  try {
    content_hash(plan);
    FAIL();
  } catch (FileError const& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("a.py' has changed"));
  }
}

TEST(ContentHash, FileRewrittenWithTheSameSize_IsAnError) {
  TemporaryFolder const root;
  auto const file = root.write("a.py", "1");
  auto const plan = make_plan(root.path());
  root.write("a.py", "2");
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_THROW(content_hash(plan), FileError);
}

TEST(ContentHash, FileGoneSinceThePlan_IsAnError) {
  TemporaryFolder const root;
  auto const file = root.write("a.py", "1");
  auto const plan = make_plan(root.path());
  std::filesystem::remove(file);
  EXPECT_THROW(content_hash(plan), FileError);
}

TEST(ContentHash, FileChangedWhileItIsRead_IsAnError) {
  TemporaryFolder const root;
  auto const file = root.write("a.py", std::string(600'000, 'x'));
  auto const plan = make_plan(root.path());
  bool first = true;
  EXPECT_THROW(content_hash(plan,
                            [&](std::uint64_t, std::string const&) {
                              if (std::exchange(first, false)) std::filesystem::resize_file(file, 300'000);
                            }),
               FileError);
}

TEST(ContentHash, StopRequested_Throws) {
  TemporaryFolder const root;
  root.write("a.py", "1");
  std::stop_source stop;
  auto const plan = make_plan(root.path());
  stop.request_stop();
  EXPECT_THROW(content_hash(plan, {}, stop.get_token()), StoppedError);
}

}  // namespace
}  // namespace azureml::snapshot
