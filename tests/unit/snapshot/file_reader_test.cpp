#include "snapshot/file_reader.hpp"

#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

namespace azureml::snapshot {
namespace {

using test::TemporaryFolder;
using ::testing::HasSubstr;

std::string failure(std::function<void()> const& act) {
  try {
    act();
  } catch (FileError const& error) {
    return error.what();
  }
  return {};
}

struct Reader : ::testing::Test {
  TemporaryFolder root{};
  std::filesystem::path file = root.write("data", "0123456789");
  Plan plan = make_plan(root.path());
  std::string buffer = std::string(4, '\0');

  void append() { std::ofstream(file, std::ios::app) << "more"; }
  std::string open_failure() {
    return failure([&] { FileReader(plan, plan.files[0]); });
  }
};

TEST_F(Reader, FileAsPlanned_IsReadInPieces) {
  FileReader reader(plan, plan.files[0]);
  std::string text;
  while (auto const got = reader.read(buffer)) text += buffer.substr(0, got);
  EXPECT_EQ(text, "0123456789");
  reader.seek(8);
  EXPECT_EQ(reader.read(buffer), 2U);
  EXPECT_EQ(buffer.substr(0, 2), "89");
  EXPECT_NO_THROW(reader.check_unchanged());
}

TEST_F(Reader, FileThatGrewSinceThePlan_IsRefused) {
  append();
  EXPECT_THAT(open_failure(), HasSubstr("has changed while the snapshot was taken"));
}

TEST_F(Reader, FileOfTheSameSizeWithAnOldTime_IsRefused) {
  plan.files[0].identity.changed_nanoseconds -= 1;  // as when it was written again within the plan's making
  EXPECT_THAT(open_failure(), HasSubstr("has changed"));
}

TEST_F(Reader, FileThatGrowsWhileItIsRead_IsNoticed) {
  FileReader reader(plan, plan.files[0]);
  EXPECT_EQ(reader.read(buffer), 4U);
  append();
  EXPECT_THAT(failure([&] { reader.check_unchanged(); }), HasSubstr("has changed"));
  std::size_t bytes = 4;
  while (auto const got = reader.read(buffer)) bytes += got;
  EXPECT_EQ(bytes, 10U);  // never more than was planned
}

TEST_F(Reader, FileThatIsCutWhileItIsRead_IsNoticed) {
  FileReader reader(plan, plan.files[0]);
  std::filesystem::resize_file(file, 2);
  EXPECT_EQ(reader.read(buffer), 2U);
  EXPECT_THAT(failure([&] { reader.read(buffer); }), HasSubstr("has changed"));
}

TEST_F(Reader, FileThatIsGone_IsNamed) {
  std::filesystem::remove(file);
  EXPECT_THAT(open_failure(), HasSubstr("cannot read '" + file.string() + "'"));
}

TEST_F(Reader, PipeInTheFilesPlace_IsRefusedAtOnce) {
  std::filesystem::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_THAT(open_failure(), HasSubstr("has changed"));
}

TEST_F(Reader, IdentityNotKnown_OnlyTheSizeIsCompared) {
  EXPECT_NO_THROW(FileReader(file, 10));
  EXPECT_THAT(failure([&] { FileReader(file, 9); }), HasSubstr("has changed"));
}

}  // namespace
}  // namespace azureml::snapshot
