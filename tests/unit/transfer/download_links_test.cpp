#include "transfer/download_place.hpp"
#include "unit/transfer/download_fixture.hpp"

#include <sys/stat.h>

namespace azureml::transfer {
namespace {

using test::noise;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Server = test::DownloadServer;
namespace fs = std::filesystem;

/// Somebody who may write into the directory wants bytes to land outside of it.
struct DownloadLinks : test::DownloadTest {
  fs::path outside = directory.path() / "outside";
  void SetUp() override {
    fs::create_directories(outside / "a");
    directory.write("outside/victim", "untouched");
    fs::create_directories(root);
    server.put("x", {.content = noise(10'000'000)});
  }
  void TearDown() override {
    EXPECT_EQ(content(outside / "victim"), "untouched");
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& entry : fs::recursive_directory_iterator(outside)) ++count;
    EXPECT_EQ(count, 2U) << "something has landed outside";
  }
};

TEST_F(DownloadLinks, FolderThatIsALink_IsRefused) {
  fs::create_directory_symlink(outside, root / "link");
  EXPECT_THAT(message<FileError>([&] { files({{.blob = "x", .target = "link/x"}}); }), HasSubstr("is a link"));
  EXPECT_THAT(message<FileError>([&] { files({{.blob = "x", .target = "link/a/x"}}); }), HasSubstr("is a link"));
  fs::create_directories(root / "deep");
  fs::create_directory_symlink(outside, root / "deep/link");
  EXPECT_THAT(message<FileError>([&] { files({{.blob = "x", .target = "deep/link/new/x"}}); }), HasSubstr("is a link"));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(DownloadLinks, TargetThatIsALink_IsReplacedAndNotFollowed) {
  fs::create_symlink(outside / "victim", root / "x");
  files({{.blob = "x", .target = "x"}});
  EXPECT_FALSE(fs::is_symlink(root / "x"));
  EXPECT_TRUE(content(root / "x") == noise(10'000'000));
}

TEST_F(DownloadLinks, LinksUnderOurOwnNames_AreRemovedAndNotFollowed) {
  for (auto const* const name : {".x.azureml-part", ".x.azureml-part.journal", ".azureml-download.journal"}) {
    fs::remove_all(root);
    fs::create_directories(root);
    fs::create_symlink(outside / "victim", root / name);
    files({{.blob = "x", .target = "x"}});
    EXPECT_TRUE(content(root / "x") == noise(10'000'000)) << name;
  }
}

TEST_F(DownloadLinks, HardLinksUnderOurOwnNames_AreRemovedAndNotWritten) {
  for (auto const* const name : {".x.azureml-part", ".x.azureml-part.journal", ".azureml-download.journal"}) {
    fs::remove_all(root);
    fs::create_directories(root);
    fs::create_hard_link(outside / "victim", root / name);
    files({{.blob = "x", .target = "x"}});
    EXPECT_TRUE(content(root / "x") == noise(10'000'000)) << name;
  }
}

TEST_F(DownloadLinks, PipeUnderOurOwnName_HoldsNothingUp) {
  ASSERT_EQ(::mkfifo((root / ".x.azureml-part").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((root / "x").c_str(), 0600), 0);
  files({{.blob = "x", .target = "x"}});
  EXPECT_TRUE(content(root / "x") == noise(10'000'000));
}

TEST_F(DownloadLinks, FolderExchangedForALinkMeanwhile_LeadsNowhere) {
  int count = 0;
  server.on_answer([&](auto const&, auto&) {
    if (++count == 2) {
      fs::rename(root / "d", root / "moved");
      fs::create_directory_symlink(outside, root / "d");
    }
    return Server::Fate{};
  });
  files({{.blob = "x", .target = "d/x"}});
  EXPECT_TRUE(content(root / "moved/x") == noise(10'000'000));
}

TEST_F(DownloadLinks, DirectoryItself_MayBeALinkOfTheCallers) {
  fs::create_directories(directory.path() / "real");
  fs::create_directory_symlink(directory.path() / "real", directory.path() / "mine");
  root = directory.path() / "mine";
  files({{.blob = "x", .target = "d/x"}});
  EXPECT_TRUE(fs::exists(directory.path() / "real/d/x"));
}

TEST_F(DownloadLinks, LongNames_HaveTheirPartsToo) {
  std::string const name = std::string(126, 'n') + "\xC3\xA9" + std::string(127, 'm');
  ASSERT_EQ(name.size(), 255U);
  EXPECT_LE(journal_name(name).size(), 255U);
  EXPECT_NE(part_name(name), part_name(name.substr(0, 254) + "x"));
  files({{.blob = "x", .target = name}});
  EXPECT_THAT(names(), ElementsAre(name));
}

}  // namespace
}  // namespace azureml::transfer
