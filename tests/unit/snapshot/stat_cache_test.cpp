#include "snapshot/stat_cache.hpp"
#include "snapshot/cache_directory.hpp"
#include "snapshot/hashes.hpp"
#include "support/fake_clock.hpp"
#include "support/read_file.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

namespace azureml::snapshot {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::IsEmpty;
using testing::SizeIs;

struct stat status_of(fs::path const& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) throw std::runtime_error("cannot stat " + file.string());
  return status;
}

/// As a new file: file systems take their time when an old one gets another content.
void overwrite(fs::path const& file, std::string_view text) {
  fs::remove(file);
  std::ofstream(file, std::ios::binary) << text;
}

/// A folder whose files are old when they are hashed: the clock is ahead of the file system's.
struct StatCacheTest : testing::Test {
  TemporaryFolder root, home;
  test::FakeClock clock;
  void SetUp() override {
    clock.set_now(std::chrono::system_clock::now() + std::chrono::hours(1));
    root.write("a.py", "print(1)\n");
    root.write("data/b.bin", std::string(500, 'b'));
    root.write("data/c.txt", "c");
  }
  [[nodiscard]] TreeHashes hash() { return hash(home.path()); }
  [[nodiscard]] TreeHashes hash(fs::path const& directory) {
    return hash_tree(make_plan(root.path()), {.cache_directory = directory, .clock = &clock});
  }
  /// Without any cache.
  [[nodiscard]] TreeHashes truth() const { return hash_tree(make_plan(root.path())); }
  void expect_right(TreeHashes const& hashes) const {
    auto const right = truth();
    EXPECT_EQ(hashes.content, right.content);
    EXPECT_EQ(hashes.tree, right.tree);
  }
  [[nodiscard]] std::vector<fs::path> caches() const {
    std::vector<fs::path> found;
    for (auto const& entry : fs::directory_iterator(home.path() / "snapshots")) found.push_back(entry.path());
    return found;
  }
  [[nodiscard]] fs::path cache() const {
    auto const found = caches();
    return found.size() == 1 ? found.front() : throw std::runtime_error("not one cache");
  }
};

TEST_F(StatCacheTest, NothingChanged_NothingIsReadAgain) {
  auto const first = hash();
  EXPECT_EQ(first.bytes_read, 510U);
  auto const second = hash();
  EXPECT_EQ(second.bytes_read, 0U);
  EXPECT_EQ(second.content, first.content);
  EXPECT_EQ(second.tree, first.tree);
  expect_right(second);
}

TEST_F(StatCacheTest, FilesOfTheCache_AreTheUsersAlone) {
  (void)hash();
  EXPECT_EQ(status_of(cache()).st_mode & 0777U, 0600U);
  EXPECT_EQ(status_of(home.path() / "snapshots").st_mode & 0777U, 0700U);
}

TEST_F(StatCacheTest, ChangedFile_HasItsNewHash) {
  (void)hash();
  root.write("a.py", "print(2)\n");
  expect_right(hash());
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, FileOfAnotherSize_HasItsNewHash) {
  (void)hash();
  root.write("a.py", "print(22)\n");
  expect_right(hash());
}

TEST_F(StatCacheTest, FilesAddedRemovedAndRenamed_ChangeBothHashes) {
  auto const first = hash();
  root.write("data/a-new", "n");
  auto const second = hash();
  expect_right(second);
  EXPECT_NE(second.tree, first.tree);
  fs::remove(root.path() / "data/a-new");
  expect_right(hash());
  fs::rename(root.path() / "data/c.txt", root.path() / "data/d.txt");
  auto const renamed = hash();
  expect_right(renamed);
  EXPECT_NE(renamed.tree, first.tree);
}

TEST_F(StatCacheTest, SameSizeAndRestoredTime_IsNoticed) {
  (void)hash();
  auto const file = root.path() / "a.py";
  auto const before = status_of(file);
  // The inode's time moves with the kernel's tick: written until it shows.
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  do {
    root.write("a.py", "print(2)\n");
    timespec const times[2]{before.st_atim, before.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    ASSERT_LT(std::chrono::steady_clock::now(), end);
  } while (status_of(file).st_ctim.tv_nsec == before.st_ctim.tv_nsec &&
           status_of(file).st_ctim.tv_sec == before.st_ctim.tv_sec);
  auto const after = status_of(file);
  ASSERT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  ASSERT_EQ(after.st_size, before.st_size);
  expect_right(hash());
}

TEST_F(StatCacheTest, FileReplacedByOneWithItsTime_IsNoticed) {
  (void)hash();
  auto const file = root.path() / "a.py", other = home.path() / "other";
  auto const before = status_of(file);
  std::ofstream(other) << "print(3)\n";
  timespec const times[2]{before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, other.c_str(), times, 0), 0);
  fs::rename(other, file);
  expect_right(hash());
}

TEST_F(StatCacheTest, FileAsYoungAsTheCache_IsReadAgain) {
  clock.set_now(std::chrono::system_clock::now());  // what is hashed was written just now
  EXPECT_EQ(hash().bytes_read, 510U);
  EXPECT_EQ(hash().bytes_read, 510U);
  clock.set_now(std::chrono::system_clock::now() + std::chrono::hours(1));
  EXPECT_EQ(hash().bytes_read, 510U);  // the cache is of the time when they were young
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, FileWrittenAgainInTheMomentOfHashing_IsNoticed) {
  // Made by hand: a cache that has the sums of the old content under the identity of the new one, as when both were
  // written within one tick of the file system's clock.
  auto const old = make_plan(root.path());
  std::vector<Sha256> sums;
  for (auto const& file : old.files) sums.push_back(to_sha256(base::sha256(test::read_file(old.absolute(file)))));
  root.write("a.py", "print(9)\n");
  auto const now = make_plan(root.path());
  ASSERT_EQ(now.bytes, old.bytes);
  StatCache const cache(home.path(), root.path(), {});
  cache.write(now, sums, {}, {}, std::chrono::system_clock::now());
  auto const remembered = cache.read(now);
  EXPECT_TRUE(remembered.same_list);
  EXPECT_THAT(remembered.known, testing::Each(Known::doubtful));
  expect_right(hash());
}

TEST_F(StatCacheTest, OneFileTouched_IsReadAloneWhenItsContentIsTheSame) {
  auto const first = hash();
  fs::last_write_time(root.path() / "a.py", fs::file_time_type::clock::now() - std::chrono::hours(5));
  auto const second = hash();
  EXPECT_EQ(second.bytes_read, 9U);
  EXPECT_EQ(second.content, first.content);
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, ModeChanged_IsReadAloneAndTheSame) {
  auto const first = hash();
  auto const file = root.path() / "a.py";
  auto const before = status_of(file);
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  do {
    ASSERT_EQ(::chmod(file.c_str(), 0755), 0);
    ASSERT_LT(std::chrono::steady_clock::now(), end);
  } while (status_of(file).st_ctim.tv_nsec == before.st_ctim.tv_nsec);
  auto const second = hash();
  EXPECT_EQ(second.bytes_read, 9U);
  EXPECT_EQ(second.tree, first.tree);
}

TEST_F(StatCacheTest, TimeInTheFuture_IsNeverTrusted) {
  fs::last_write_time(root.path() / "a.py", fs::file_time_type::clock::now() + std::chrono::hours(100));
  (void)hash();
  EXPECT_EQ(hash().bytes_read, 9U);
  expect_right(hash());
}

TEST_F(StatCacheTest, OtherFolderWithTheSameFiles_HasACacheOfItsOwn) {
  (void)hash();
  TemporaryFolder const other;
  other.write("a.py", "print(1)\n");
  auto const hashes = hash_tree(make_plan(other.path()), {.cache_directory = home.path(), .clock = &clock});
  EXPECT_EQ(hashes.bytes_read, 9U);
  EXPECT_THAT(caches(), SizeIs(2));
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, CacheOfAnotherFolder_IsIgnoredAndReplaced) {
  (void)hash();
  TemporaryFolder const other, other_home;
  for (auto const& entry : fs::recursive_directory_iterator(root.path()))
    if (entry.is_regular_file()) other.write(fs::relative(entry.path(), root.path()), test::read_file(entry.path()));
  (void)hash_tree(make_plan(other.path()), {.cache_directory = other_home.path(), .clock = &clock});
  auto const mine = cache();
  for (auto const& entry : fs::directory_iterator(other_home.path() / "snapshots"))
    fs::copy_file(entry.path(), mine, fs::copy_options::overwrite_existing);
  EXPECT_EQ(hash().bytes_read, 510U);
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, NewerFormat_IsIgnoredAndReplaced) {
  (void)hash();
  auto text = test::read_file(cache());
  auto const version = text.find("cache 1\n");
  ASSERT_NE(version, std::string::npos);
  text[version + 6] = '2';
  std::ofstream(cache(), std::ios::binary) << text;
  EXPECT_EQ(hash().bytes_read, 510U);
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, CutAtAnyLength_IsIgnoredAndReplaced) {
  (void)hash();
  auto const file = cache();
  auto const whole = test::read_file(file);
  auto const plan = make_plan(root.path());
  StatCache const reader(home.path(), root.path(), {});
  ASSERT_TRUE(reader.read(plan).same_list);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    overwrite(file, whole.substr(0, length));
    ASSERT_THAT(reader.read(plan).known, IsEmpty()) << length;
  }
  expect_right(hash());
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, AnyByteFlippedOrAdded_IsIgnoredAndReplaced) {
  (void)hash();
  auto const file = cache();
  auto const whole = test::read_file(file);
  auto const plan = make_plan(root.path());
  StatCache const reader(home.path(), root.path(), {});
  for (std::size_t at = 0; at <= whole.size(); ++at) {
    auto text = whole;
    if (at == whole.size())
      text += '\0';
    else
      text[at] = static_cast<char>(text[at] ^ (1 << at % 8));
    overwrite(file, text);
    auto const remembered = reader.read(plan);
    ASSERT_FALSE(remembered.same_list) << at;
    ASSERT_THAT(remembered.known, IsEmpty()) << at;
  }
  expect_right(hash());
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, RandomBytes_AreIgnored) {
  (void)hash();
  auto const file = cache();
  auto const whole = test::read_file(file);
  auto const plan = make_plan(root.path());
  StatCache const reader(home.path(), root.path(), {});
  std::mt19937 random(4711);  // NOLINT: the same each time
  for (int round = 0; round < 1000; ++round) {
    auto text = whole;
    auto const begin = random() % text.size(), count = random() % 64 + 1;
    for (std::size_t i = begin; i < std::min<std::size_t>(text.size(), begin + count); ++i)
      text[i] = static_cast<char>(random());
    if (round % 3 == 0) text.resize(random() % (2 * text.size()), '\xFF');
    if (text == whole) continue;
    overwrite(file, text);
    ASSERT_THAT(reader.read(plan).known, IsEmpty()) << round;
  }
}

TEST_F(StatCacheTest, ManyFoldersRemembered_TheOldestAreForgotten) {
  for (int i = 0; i < 66; ++i) {
    TemporaryFolder const other;
    other.write("x", std::to_string(i));
    (void)hash_tree(make_plan(other.path()), {.cache_directory = home.path(), .clock = &clock});
  }
  EXPECT_THAT(caches(), SizeIs(64));
  (void)hash();
  EXPECT_THAT(caches(), SizeIs(64));
  EXPECT_EQ(hash().bytes_read, 0U);
}

TEST_F(StatCacheTest, DirectoryThatCannotBeMade_IsAsNoCache) {
  auto const file = home.write("file", "x");
  EXPECT_EQ(hash(file).bytes_read, 510U);
  EXPECT_EQ(hash(file / "deeper").bytes_read, 510U);
  expect_right(hash(file));
}

TEST_F(StatCacheTest, DirectoryOthersMayWrite_IsNotUsed) {
  fs::create_directory(home.path() / "snapshots");
  ASSERT_EQ(::chmod((home.path() / "snapshots").c_str(), 0777), 0);
  (void)hash();
  EXPECT_THAT(caches(), IsEmpty());
  EXPECT_EQ(hash().bytes_read, 510U);
}

TEST_F(StatCacheTest, ManyUsersAtOnce_AllHaveTheTruth) {
  auto const right = truth();
  auto const plan = make_plan(root.path());
  std::vector<std::thread> users;
  std::atomic<int> wrong = 0;
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&, user] {
      for (int round = 0; round < 25; ++round) {
        if (user == 0) std::ofstream(home.path() / "snapshots" / "broken") << round;
        auto const hashes = hash_tree(plan, {.cache_directory = home.path(), .clock = &clock});
        if (hashes.tree != right.tree || hashes.content != right.content) ++wrong;
        std::error_code ignored;
        if (round % 3 == user % 3)
          for (auto const& entry : fs::directory_iterator(home.path() / "snapshots", ignored))
            if (entry.path().filename() != "broken") fs::resize_file(entry.path(), 100, ignored);
      }
    });
  }
  for (auto& user : users) user.join();
  EXPECT_EQ(wrong, 0);
}

TEST(PrivateDirectory, NewOne_IsTheUsersAlone) {
  TemporaryFolder const home;
  auto const directory = private_directory(home.path() / "a/b", {});
  EXPECT_EQ(directory, home.path() / "a/b");
  EXPECT_EQ(status_of(directory).st_mode & 0777U, 0700U);
}

TEST(PrivateDirectory, WhyItIsNotUsed_IsLoggedForDebugging) {
  TemporaryFolder const home;
  std::string seen;
  auto const logger = logging::Logger::to_sink("test", logging::Level::debug,
                                               [&](logging::Level level, std::string_view, std::string_view message) {
                                                 EXPECT_EQ(level, logging::Level::debug);
                                                 seen += message;
                                               });
  EXPECT_EQ(private_directory(home.write("file", "x"), logger), "");
  EXPECT_THAT(seen, testing::HasSubstr("not a directory"));
}

}  // namespace
}  // namespace azureml::snapshot
