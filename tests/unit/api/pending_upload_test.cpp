#include "api/pending_upload.hpp"

#include "support/fake_clock.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <fstream>

namespace azureml::api {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct PendingUploadTest : testing::Test {
  test::TemporaryDirectory home;
  test::FakeClock clock;
  PendingKey const key{.endpoint = "https://e", .workspace_path = "/ws", .tree = std::string(64, 'a')};
  std::string log;

  [[nodiscard]] PendingCode code(std::string const& end = "2026-03-27T08%3A00%3A00Z") const {
    return {.name = "n",
            .version = "1",
            .blob_uri = "https://a/c",
            .sas_uri = "https://a/c?sv=1&se=" + end + "&sig=verysecret",
            .folder = "project"};
  }
  [[nodiscard]] PendingUpload open(PendingKey const& which) {
    return {home.path(), which, clock,
            logging::Logger::to_sink("test", logging::Level::trace,
                                     [this](logging::Level, std::string_view, std::string_view text) { log += text; })};
  }
  [[nodiscard]] PendingUpload open() { return open(key); }
  void SetUp() override { clock.set_now(std::chrono::sys_days{std::chrono::year{2026} / 3 / 27}); }
  void TearDown() override { EXPECT_THAT(log, Not(HasSubstr("verysecret"))); }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (auto const& entry : fs::directory_iterator(home.path() / "uploads")) found.push_back(entry.path());
    return found;
  }
};

TEST_F(PendingUploadTest, Remembered_IsFoundByTheNext) {
  EXPECT_FALSE(open().begun());
  open().remember(code());
  EXPECT_EQ(open().begun(), code());
}

TEST_F(PendingUploadTest, OfAnotherKey_IsNotFound) {
  open().remember(code());
  auto other = key;
  other.tree = std::string(64, 'b');
  EXPECT_FALSE(open(other).begun());
  other = key;
  other.workspace_path = "/ws2";
  EXPECT_FALSE(open(other).begun());
  other = key;
  other.endpoint = "https://f";
  EXPECT_FALSE(open(other).begun());
}

TEST_F(PendingUploadTest, Forgotten_LeavesNothing) {
  auto pending = open();
  pending.remember(code());
  pending.forget();
  EXPECT_THAT(files(), IsEmpty());
  EXPECT_FALSE(open().begun());
  pending.remember(code());  // after its end nothing is kept
  EXPECT_FALSE(open().begun());
}

TEST_F(PendingUploadTest, NearTheEndOfItsAddress_IsNotFound) {
  open().remember(code());
  clock.set_now(std::chrono::sys_days{std::chrono::year{2026} / 3 / 27} + 7h + 49min);
  EXPECT_TRUE(open().begun());
  clock.advance(2min);
  EXPECT_FALSE(open().begun());
}

TEST_F(PendingUploadTest, AddressWithoutAnEnd_IsFound) {
  auto endless = code();
  endless.sas_uri = "https://a/c?sig=verysecret";
  open().remember(endless);
  EXPECT_EQ(open().begun(), endless);
}

TEST_F(PendingUploadTest, SecondAtTheSameTime_HasNothingAndDestroysNothing) {
  open().remember(code());
  auto first = open();
  auto second = open();
  EXPECT_TRUE(first.begun());
  EXPECT_FALSE(second.begun());
  auto other = code();
  other.name = "other";
  second.remember(other);
  second.forget();
  EXPECT_THAT(files(), SizeIs(1));
  EXPECT_THAT(log, HasSubstr("under way"));
}

TEST_F(PendingUploadTest, ShorterRecordAfterALongerOne_IsWhole) {
  auto pending = open();
  auto longer = code();
  longer.folder = std::string(1000, 'f');
  pending.remember(longer);
  pending.remember(code());
  pending = open({.endpoint = "x"});
  EXPECT_EQ(open().begun(), code());
}

TEST_F(PendingUploadTest, FileOfTheRecord_IsTheUsersAlone) {
  open().remember(code());
  ASSERT_THAT(files(), SizeIs(1));
  struct stat status {};
  ASSERT_EQ(::stat(files().front().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(PendingUploadTest, RecordWithAMemberMissingOrStrange_IsAsNone) {
  open().remember(code());
  auto const file = files().front();
  auto const text = test::read_file(file);
  for (auto const* name :
       {"format", "endpoint", "workspace", "tree_sha256", "name", "version", "blob_uri", "sas_uri", "folder"}) {
    auto changed = text;
    auto const at = changed.find('"' + std::string(name) + '"');
    ASSERT_NE(at, std::string::npos) << name;
    changed[at + 1] = '_';
    std::ofstream(file) << changed;
    EXPECT_FALSE(open().begun()) << name;
  }
  for (auto const* strange : {"", "[]", "{", "null", "{\"format\": 1}"}) {
    std::ofstream(file) << strange;
    EXPECT_FALSE(open().begun()) << strange;
  }
  std::ofstream(file) << text;
  EXPECT_EQ(open().begun(), code());
}

TEST_F(PendingUploadTest, LinkInItsPlace_IsNotFollowed) {
  open().remember(code());
  auto const file = files().front();
  auto const target = home.write("target", "precious");
  fs::remove(file);
  fs::create_symlink(target, file);
  open().remember(code());
  EXPECT_EQ(test::read_file(target), "precious");
}

TEST_F(PendingUploadTest, OldRecordsNobodyHolds_AreRemoved) {
  auto other = key;
  other.tree = std::string(64, 'c');
  auto held_key = key;
  held_key.tree = std::string(64, 'd');
  open(other).remember(code());
  auto held = open(held_key);
  held.remember(code());
  for (auto const& file : files()) fs::last_write_time(file, fs::file_time_type::clock::now() - 72h);
  auto const mine = open();
  EXPECT_THAT(files(), SizeIs(2));  // the held one and mine
}

TEST_F(PendingUploadTest, NoDirectory_RemembersNothing) {
  PendingUpload pending({}, key, clock, {});
  pending.remember(code());
  pending.forget();
  EXPECT_FALSE(pending.begun());
}

TEST(AddressEnd, IsReadFromTheSignature) {
  using std::chrono::sys_days;
  auto const day = sys_days{std::chrono::year{2026} / 3 / 27};
  EXPECT_EQ(address_end("https://a/c?sv=1&se=2026-03-27T00%3A00%3A00Z&sig=x"), day);
  EXPECT_EQ(address_end("https://a/c?se=2026-03-27T00:00:00Z"), day);
  EXPECT_EQ(address_end("https://a/c?sse=2026-03-27T00:00:00Z"), std::nullopt);
  EXPECT_EQ(address_end("https://a/c?se=soon"), std::nullopt);
  EXPECT_EQ(address_end("https://a/c?se=%zz"), std::nullopt);
  EXPECT_EQ(address_end("https://a/c"), std::nullopt);
  EXPECT_EQ(address_end(""), std::nullopt);
}

}  // namespace
}  // namespace azureml::api
