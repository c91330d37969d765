#include "api/local_files.hpp"

#include "support/temporary_directory.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <filesystem>
#include <stop_token>

namespace azureml::api {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> names(LocalFiles const& files) {
  std::vector<std::string> result;
  for (auto const& file : files.files) result.push_back(file.name);
  return result;
}

template <class Call>
std::vector<std::string> problems(Call const& call) {
  try {
    call();
  } catch (ValidationError const& error) {
    std::vector<std::string> result;
    for (auto const& fault : error.faults()) result.push_back(fault.field + ": " + fault.problem);
    return result;
  }
  return {};
}

struct LocalFilesTest : testing::Test {
  test::TemporaryDirectory folder;
  fs::path root = folder.path();

  void TearDown() override { fs::current_path("/"); }
  LocalFiles below(fs::path const& path) const { return files_below(path, std::stop_token{}); }
};

TEST_F(LocalFilesTest, Folder_GivesAllFilesBelowItByName) {
  folder.write("data/b.csv", "12345");
  folder.write("data/a/z.bin", "");
  folder.write("data/.hidden/größe x.txt", "1");
  folder.write("other.txt", "1");
  fs::create_directories(root / "data/empty");
  auto const files = below(root / "data/");
  EXPECT_THAT(names(files), ElementsAre(".hidden/größe x.txt", "a/z.bin", "b.csv"));
  EXPECT_EQ(files.bytes, 6U);
  EXPECT_EQ(files.files[2].size, 5U);
  EXPECT_NE(files.files[2].identity.inode, 0U);
  EXPECT_EQ(files.path(files.files[2]), root / "data/b.csv");
}

TEST_F(LocalFilesTest, Links_AreFollowedWhereverTheyLead) {
  folder.write("store/x.bin", "123");
  fs::create_directories(root / "data");
  fs::create_directory_symlink(root / "store", root / "data/linked");
  fs::create_symlink(root / "store/x.bin", root / "data/one.bin");
  EXPECT_THAT(names(below(root / "data")), ElementsAre("linked/x.bin", "one.bin"));
}

TEST_F(LocalFilesTest, WhatCannotGo_IsNamedAllAtOnce) {
  folder.write("data/good", "1");
  fs::create_symlink("nowhere", root / "data/dangling");
  fs::create_directory_symlink(root / "data", root / "data/loop");
  ASSERT_EQ(::mkfifo((root / "data/pipe").c_str(), 0600), 0);
  folder.write("data/back\\slash", "1");
  folder.write("data/line\nbreak", "1");
  folder.write("data/\xFFodd", "1");
  EXPECT_THAT(problems([&] { below(root / "data"); }),
              testing::UnorderedElementsAre(
                  HasSubstr("dangling': No such file"), HasSubstr("loop': is a link to a folder it lies in"),
                  HasSubstr("pipe': it is a pipe"), HasSubstr("the name has a backslash"),
                  HasSubstr("the name has a control character"), HasSubstr("the name is not in UTF-8")));
}

TEST_F(LocalFilesTest, NoFolder_IsAFault) {
  folder.write("file", "1");
  EXPECT_THAT(problems([&] { below(root / "none"); }), ElementsAre(HasSubstr("No such file or directory")));
  EXPECT_THAT(problems([&] { below(root / "file"); }), ElementsAre(HasSubstr("it is no folder")));
}

TEST_F(LocalFilesTest, Stop_EndsTheWalk) {
  folder.write("data/a", "1");
  std::stop_source source;
  source.request_stop();
  EXPECT_THROW(files_below(root / "data", source.get_token()), StoppedError);
}

TEST_F(LocalFilesTest, NamedFiles_KeepTheirPathBelowWhatTheyHaveInCommon) {
  auto const a = folder.write("data/a/1.csv", "1");
  auto const b = folder.write("data/b/2.csv", "22");
  folder.write("data/ab/3.csv", "1");
  auto const files = files_named({b, a, b}, {});
  EXPECT_THAT(names(files), ElementsAre("a/1.csv", "b/2.csv"));
  EXPECT_EQ(files.bytes, 3U);
  EXPECT_THAT(names(files_named({a}, {})), ElementsAre("1.csv"));
  EXPECT_THAT(names(files_named({root / "data/a/1.csv", root / "data/ab/3.csv"}, {})),
              ElementsAre("a/1.csv", "ab/3.csv"));
}

TEST_F(LocalFilesTest, RelativeRoot_IsAFolderAboveByWholeNames) {
  auto const file = folder.write("data/a/1.csv", "1");
  EXPECT_THAT(names(files_named({file}, root)), ElementsAre("data/a/1.csv"));
  EXPECT_THAT(names(files_named({file}, root / "data/")), ElementsAre("a/1.csv"));
  EXPECT_THAT(names(files_named({file}, "/")), ElementsAre(file.string().substr(1)));
  // A part of the text of the path, which Python would take.
  EXPECT_THAT(problems([&] { files_named({file}, root / "dat"); }),
              ElementsAre(HasSubstr("does not lie below relative_root")));
  EXPECT_THAT(problems([&] { files_named({file}, root / "data/b"); }), ElementsAre(HasSubstr("files[0]")));
}

TEST_F(LocalFilesTest, RelativePaths_AreSeenFromTheWorkingDirectory) {
  folder.write("data/a/1.csv", "1");
  fs::current_path(root / "data");
  auto const files = files_named({"./a/1.csv"}, ".");
  EXPECT_THAT(names(files), ElementsAre("a/1.csv"));
  EXPECT_TRUE(files.path(files.files[0]).is_absolute());
  EXPECT_THAT(names(files_named({"../data/a/../a/1.csv"}, "..")), ElementsAre("data/a/1.csv"));
}

TEST_F(LocalFilesTest, NamedFilesThatAreNone_AreFaults) {
  EXPECT_THAT(problems([&] {
                files_named({root / "none", root}, {});
              }),
              ElementsAre(HasSubstr("files[0]: '"), HasSubstr("is a folder")));
  EXPECT_THAT(problems([] { files_named({}, {}); }), ElementsAre("files: none is given"));
}

TEST(TargetFolder, DotsAndSlashesAtTheStart_DoNotCount) {
  core::Faults faults;
  EXPECT_EQ(target_folder("", faults), "");
  EXPECT_EQ(target_folder("./data//a/./b/", faults), "data/a/b");
  EXPECT_EQ(target_folder("/../../data", faults), "data");
  EXPECT_EQ(target_folder("..", faults), "");
  EXPECT_TRUE(faults.empty());
}

TEST(TargetFolder, PathsThatLeaveOrBreak_AreFaults) {
  for (auto const* bad : {"a/../../b", "a\\b", "a?b", "a#b", "a\nb", "a\xFF"}) {
    core::Faults faults;
    target_folder(bad, faults);
    auto const found = faults.take();
    ASSERT_THAT(found, SizeIs(1)) << bad;
    EXPECT_EQ(found[0].field, "target_path");
  }
}

TEST(BlobNameFault, BoundsOfTheService_AreTold) {
  EXPECT_EQ(blob_name_fault(std::string(1024, 'x')), "");
  EXPECT_THAT(blob_name_fault(std::string(1025, 'x')), HasSubstr("1,024"));
  std::string umlauts;
  for (int i = 0; i < 1024; ++i) umlauts += "ä";
  EXPECT_EQ(blob_name_fault(umlauts), "");
  std::string deep = "x";
  for (int i = 0; i < 254; ++i) deep += "/x";
  EXPECT_THAT(blob_name_fault(deep), HasSubstr("254"));
}

}  // namespace
}  // namespace azureml::api
