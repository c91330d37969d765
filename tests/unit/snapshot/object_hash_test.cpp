#include "snapshot/hashes.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

namespace azureml::snapshot {
namespace {

using test::TemporaryFolder;

TEST(ObjectHash, FolderWithOneFile_AsTheOfficialClientHasIt) {
  TemporaryFolder const root;
  root.write("d.csv", "1,2\n");
  EXPECT_EQ(object_hash(make_plan(root.path())), "f4ac82ec99342c34d1a4f8c5b6629f3942a05891e99f49e40024734a8915ab4b");
}

TEST(ObjectHash, FolderInFolder_AsTheOfficialClientHasIt) {
  TemporaryFolder const root;
  root.write("empty.txt");
  root.write("sub/a.txt", "a");
  root.write("train.py", "print(1)\n");
  EXPECT_EQ(object_hash(make_plan(root.path())), "3b449c040ef48ecc71b0aab8e0d8e48b186cfe39ac7835dc3551d0291c2ed37b");
}

TEST(ObjectHash, NamesInMixedCase_AreWalkedFolderByFolder) {
  TemporaryFolder const root;
  std::vector<std::pair<char const*, char const*>> const files{{"a.b/x", "1"}, {"a/y", "2"},      {"A/z", "3"},
                                                               {"a-b", "4"},   {"É/q", "5"},      {"é/p", "6"},
                                                               {"abc", "8"},   {"ab/c/d/e", "7"}, {"B", "9"}};
  for (auto const& [name, text] : files) root.write(name, text);
  EXPECT_EQ(object_hash(make_plan(root.path())), "b74d03e8c4504f2cd864fe53fa8e38841f55b97ff9e7df815f7be3ed22f229b2");
}

TEST(ObjectHash, SingleFile_IsItsContentAlone) {
  TemporaryFolder const root;
  auto const one = root.write("d.csv", "1,2\n"), other = root.write("other name", "1,2\n");
  EXPECT_EQ(object_hash(one), "fb2f0377c81e1ba78b25280396a1184d063349af588e354e266b23697dc75c69");
  EXPECT_EQ(object_hash(other), object_hash(one));
}

TEST(ObjectHash, RenamedFolder_HasAnotherHash) {
  TemporaryFolder const root, other;
  root.write("a/x", "1");
  other.write("b/x", "1");
  EXPECT_NE(object_hash(make_plan(root.path())), object_hash(make_plan(other.path())));
}

TEST(ObjectHash, FileThatIsNotThere_IsAnErrorThatNamesIt) {
  TemporaryFolder const root;
  try {
    object_hash(root.path() / "gone");
    FAIL();
  } catch (FileError const& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("gone"));
  }
}

TEST(ObjectHash, StopAfterTheFirstPiece_Throws) {
  TemporaryFolder const root;
  root.write("big", std::string(1'000'000, 'x'));
  std::stop_source stop;
  std::uint64_t bytes = 0;
  EXPECT_THROW(object_hash(
                   make_plan(root.path()),
                   [&](std::uint64_t count, std::string const&) {
                     bytes += count;
                     stop.request_stop();
                   },
                   stop.get_token()),
               StoppedError);
  EXPECT_LE(bytes, 1U << 20);
}

}  // namespace
}  // namespace azureml::snapshot
