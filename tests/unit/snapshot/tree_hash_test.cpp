#include "snapshot/hash_order.hpp"
#include "snapshot/hashes.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <fstream>

namespace azureml::snapshot {
namespace {

using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

/// Bytes that no other place of the text has.
std::string text_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * i >> 7);
  return text;
}

TEST(TreeHash, SmallFolder_IsTheHashOfItsList) {
  TemporaryFolder const root;
  root.write("empty.txt");
  root.write("sub/a.txt", "a");
  root.write("train.py", "print(1)\n");
  auto const hashes = hash_tree(make_plan(root.path()));
  EXPECT_EQ(hashes.content, "7fa69fb395dbf6f88524bf54e782e4880e7e471005e2986c1ad69391a1184293");
  EXPECT_EQ(hashes.tree, "a2c2be4101c77ed2973c38e83176db44c096c920fa5df3dab4b32f8906be941e");
  EXPECT_EQ(hashes.bytes_read, 10U);
}

TEST(TreeHash, NamesThatAreNotAscii_GoByTheirBytes) {
  TemporaryFolder const root;
  root.write("Ê.txt", "1");
  root.write("é.txt", "22");
  EXPECT_EQ(hash_tree(make_plan(root.path())).tree, "839380f27640eeba78e2aa9e7de0bacde86819d0013778b06fdad4dd1dcc89ae");
}

TEST(TreeHash, EmptyPlan_HasHashes) {
  TemporaryFolder const root;
  auto const hashes = hash_tree(make_plan(root.path()));
  EXPECT_EQ(hashes.content, "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9");
  EXPECT_EQ(hashes.tree, "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc");
}

TEST(TreeHash, LargeAndManySmallFiles_AreReadOnceForBoth) {
  TemporaryFolder const root;
  auto const big = text_of(3'000'000);
  root.write("big", big);
  root.write("Z", std::string_view(big).substr(0, 70'000));
  root.write("B/x", "b");
  root.write("a/Y", "a");
  root.write("a/y", "c");
  root.write("empty");
  for (int i = 0; i < 3000; ++i) {
    auto const digits = std::to_string(i);
    root.write("many/f" + std::string(4 - digits.size(), '0') + digits, digits);
  }
  std::uint64_t seen = 0;
  auto const plan = make_plan(root.path());
  auto const hashes = hash_tree(plan, {.on_bytes = [&](std::uint64_t bytes, std::string const&) {
                                  seen += bytes;
                                  EXPECT_LE(bytes, 256U << 10);
                                }});
  EXPECT_EQ(hashes.content, "4e48894daae4e14e61f521637ffab4b2cf9ffda1db1af6831851add02d344079");
  EXPECT_EQ(hashes.tree, "de63029ac026913a9ceb20929aee02d24ee17aa3d0d621a366087a35ccb98f4d");
  EXPECT_EQ(hashes.bytes_read, plan.bytes);
  EXPECT_EQ(seen, plan.bytes);
}

TEST(TreeHash, FoldersOfEqualContentHash_HaveTreeHashesOfTheirOwn) {
  TemporaryFolder const root, other;
  root.write("a#1#b", "x");
  root.write("c", "y");
  other.write("a", "x");
  other.write("b#1#c", "y");
  auto const one = hash_tree(make_plan(root.path())), two = hash_tree(make_plan(other.path()));
  EXPECT_EQ(one.content, two.content);
  EXPECT_NE(one.tree, two.tree);
}

TEST(TreeHash, FileThatGrowsWhileItIsRead_IsAnErrorThatNamesIt) {
  TemporaryFolder const root;
  root.write("a.py", "1");
  auto const file = root.write("b.bin", std::string(3'000'000, 'x'));
  auto const plan = make_plan(root.path());
  bool first = true;
  try {
    hash_tree(plan, {.on_bytes = [&](std::uint64_t, std::string const& path) {
                if (path == "b.bin" && std::exchange(first, false))
                  std::ofstream(file, std::ios::app | std::ios::binary) << "more";
              }});
    FAIL() << "no error";
  } catch (FileError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("b.bin' has changed"));
  }
}

TEST(TreeHash, StopWhileALargeFileIsRead_EndsAfterAPiece) {
  TemporaryFolder const root;
  auto const file = root.write("sparse", "x");
  std::filesystem::resize_file(file, 1ULL << 40);  // would take minutes to read
  std::stop_source stop;
  std::uint64_t seen = 0;
  HashOptions options{.stop = stop.get_token()};
  options.on_bytes = [&](std::uint64_t bytes, std::string const&) {
    seen += bytes;
    if (seen > 2'000'000) stop.request_stop();
  };
  EXPECT_THROW(hash_tree(make_plan(root.path()), options), StoppedError);
  EXPECT_LE(seen, 2'000'000U + (1U << 20));
}

TEST(TreeHash, StopRequestedBefore_ThrowsWithoutReading) {
  TemporaryFolder const root;
  root.write("a.py");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(hash_tree(make_plan(root.path()), {.stop = stop.get_token()}), StoppedError);
}

TEST(TreeHash, HandlerThatThrows_ReachesTheCaller) {
  TemporaryFolder const root;
  root.write("big", std::string(4'000'000, 'x'));
  EXPECT_THROW(hash_tree(make_plan(root.path()),
                         {.on_bytes = [](std::uint64_t, std::string const&) { throw std::runtime_error("enough"); }}),
               std::runtime_error);
}

TEST(ContentOrder, IsByLowerCaseAndThenByBytes) {
  std::vector<File> files;
  for (auto const* path : {"A", "B", "a", "a/b", "É", "é", "İ", "z"}) files.push_back({.path = path});
  std::vector<std::string> ordered;
  for (auto const index : content_order(files)) ordered.push_back(files[index].path);
  EXPECT_THAT(ordered, ElementsAre("A", "a", "a/b", "B", "İ", "z", "É", "é"));
}

}  // namespace
}  // namespace azureml::snapshot
