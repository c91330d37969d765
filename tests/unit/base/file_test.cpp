#include "base/atomic_file.hpp"
#include "base/unique_fd.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <system_error>

namespace azureml::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct AtomicFiles : ::testing::Test {
  test::TemporaryDirectory folder{};
  std::filesystem::path target = folder.path() / "run.json";

  [[nodiscard]] std::vector<std::string> names() const {
    std::set<std::string> found;
    for (auto const& entry : std::filesystem::directory_iterator(folder.path())) found.insert(entry.path().filename());
    return {found.begin(), found.end()};
  }
  [[nodiscard]] unsigned mode() const {
    struct stat status {};
    return ::stat(target.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
  }
};

TEST_F(AtomicFiles, Committed_IsThereWithItsModeAndNothingElse) {
  AtomicFile file(target, 0640);
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_TRUE(file.commit());
  EXPECT_EQ(read_small_file(target), "one two");
  EXPECT_EQ(mode(), 0640U);
  EXPECT_THAT(names(), ElementsAre("run.json"));
}

TEST_F(AtomicFiles, NotCommitted_LeavesNothing) {
  { AtomicFile(target).write("lost"); }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AtomicFiles, NotCommittedOverAnOldFile_LeavesThatAsItWas) {
  folder.write("run.json", "old");
  { AtomicFile(target).write("lost"); }
  EXPECT_EQ(read_small_file(target), "old");
  EXPECT_THAT(names(), ElementsAre("run.json"));
}

TEST_F(AtomicFiles, Replace_IsTheDefaultAndWholeAtOnce) {
  folder.write("run.json", "old and longer");
  write_file_atomically(target, "new");
  EXPECT_EQ(read_small_file(target), "new");
  EXPECT_EQ(mode(), 0600U);
}

TEST_F(AtomicFiles, WithoutReplace_TheFirstOneStays) {
  AtomicFile first(target), second(target);
  first.write("first");
  second.write("second");
  EXPECT_TRUE(first.commit(false));
  EXPECT_FALSE(second.commit(false));
  EXPECT_EQ(read_small_file(target), "first");
  EXPECT_THAT(names(), ElementsAre("run.json"));
}

TEST_F(AtomicFiles, Moved_IsRemovedOnceAndOnlyByItsLastOwner) {
  {
    AtomicFile first(target);
    AtomicFile second(std::move(first));
    second.write("x");
    EXPECT_THAT(names(), testing::SizeIs(1));
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AtomicFiles, CommitThatFails_ThrowsAndLeavesNothing) {
  std::filesystem::create_directories(target / "full");
  {
    AtomicFile file(target);
    file.write("x");
    EXPECT_THROW(file.commit(), std::system_error);
  }
  EXPECT_THAT(names(), ElementsAre("run.json"));
}

TEST_F(AtomicFiles, FolderMissing_IsAnErrorThatNamesTheTarget) {
  try {
    AtomicFile file(folder.path() / "gone/run.json");
    FAIL();
  } catch (std::system_error const& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_THAT(error.what(), HasSubstr("gone/run.json"));
  }
}

TEST_F(AtomicFiles, LongNames_AreNotTooLongForTheTemporaryOne) {
  target = folder.path() / std::string(255, 'n');
  write_file_atomically(target, "x");
  EXPECT_EQ(read_small_file(target), "x");
}

TEST_F(AtomicFiles, Descriptors_CloseOnExec) {
  AtomicFile file(target);
  EXPECT_NE(::fcntl(file.fd(), F_GETFD) & FD_CLOEXEC, 0);
  auto const opened = open_file(folder.write("a", "x"), O_RDONLY);
  EXPECT_NE(::fcntl(opened.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(UniqueFd, OwnsOneDescriptorAtATime) {
  UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int const number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_EQ(first.get(), -1);
  EXPECT_EQ(second.get(), number);
  first = std::move(second);
  EXPECT_TRUE(first);
  first.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  EXPECT_FALSE(first);
}

TEST(ReadSmallFile, BeyondTheLimit_IsALengthError) {
  test::TemporaryDirectory const folder;
  auto const file = folder.write("a", std::string(1000, 'x'));
  EXPECT_EQ(read_small_file(file, 1000).size(), 1000U);
  EXPECT_THROW(read_small_file(file, 999), std::length_error);
  EXPECT_THROW(read_small_file(folder.path() / "gone"), std::system_error);
}

TEST(WriteAll, DescriptorThatTakesNothing_IsAnErrorThatNamesIt) {
  auto const full = open_file("/dev/full", O_WRONLY);
  try {
    write_all(full.get(), "x", "the log");
    FAIL();
  } catch (std::system_error const& error) {
    EXPECT_EQ(error.code(), std::errc::no_space_on_device);
    EXPECT_THAT(error.what(), HasSubstr("the log"));
  }
}

}  // namespace
}  // namespace azureml::base
