#include "engine/store/home.hpp"

#include "base/encoding.hpp"
#include "base/unique_fd.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace azureml::tests {
namespace {

using engine::store::FileSystemFacts;
using engine::store::Home;
using engine::store::Identity;
using engine::store::network_file_system;
using engine::store::open_home;
using engine::store::save_identity;
using test::TemporaryDirectory;

unsigned mode_of(std::filesystem::path const& path) {
  struct ::stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777 : 0;
}

std::string refusal(Home const& home) {
  try {
    (void)open_home(home);
    return {};
  } catch (std::runtime_error const& error) {
    return error.what();
  }
}

TEST(Home, New_IsMadeWithKeysForTheOwnerAlone) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "deep" / "engine"};
  auto const identity = open_home(home);
  EXPECT_EQ(mode_of(home.root), 0700U);
  EXPECT_EQ(mode_of(home.identity_json()), 0600U);
  EXPECT_EQ(identity.home_id.size(), 36U);
  EXPECT_EQ(identity.workspace_id.size(), 36U);
  EXPECT_TRUE(identity.storage_account.starts_with("azureml"));
  EXPECT_EQ(identity.storage_account.size(), 15U);
  EXPECT_EQ(base::from_base64(identity.account_key).value().size(), 64U);
  EXPECT_EQ(base::from_base64(identity.token_key).value().size(), 32U);
  EXPECT_EQ(base::from_base64(identity.hello_key).value().size(), 32U);
  EXPECT_NE(identity.token_key, identity.hello_key);
  EXPECT_EQ(identity.port, 0);
}

TEST(Home, OpenedAgain_IsTheSame_WithThePortThatWasSaved) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  auto identity = open_home(home);
  identity.port = 41234;
  save_identity(home, identity);
  auto const again = open_home(home);
  EXPECT_EQ(again.port, 41234);
  EXPECT_EQ(again.home_id, identity.home_id);
  EXPECT_EQ(again.account_key, identity.account_key);
  EXPECT_EQ(again.token_key, identity.token_key);
  EXPECT_EQ(again.hello_key, identity.hello_key);
}

TEST(Home, ManyAtOnce_AgreeOnOneIdentity) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (auto& key : keys) threads.emplace_back([&] { key = open_home(home).token_key; });
  for (auto& thread : threads) thread.join();
  for (auto const& key : keys) EXPECT_EQ(key, keys.front());
}

TEST(Home, EmptyDirectoryOfOurs_IsClosedToOthers) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  ASSERT_EQ(::mkdir(home.root.c_str(), 0755), 0);
  EXPECT_EQ(refusal(home), "");
  EXPECT_EQ(mode_of(home.root), 0700U);
}

TEST(Home, OpenToOthers_IsRefusedWithTheRemedy) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  (void)open_home(home);
  ASSERT_EQ(::chmod(home.root.c_str(), 0750), 0);
  EXPECT_NE(refusal(home).find("chmod 700"), std::string::npos) << refusal(home);
}

TEST(Home, IdentityOpenToOthers_IsRefusedWithTheRemedy) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  (void)open_home(home);
  ASSERT_EQ(::chmod(home.identity_json().c_str(), 0640), 0);
  EXPECT_NE(refusal(home).find("chmod 600"), std::string::npos) << refusal(home);
}

TEST(Home, OfSomebodyElse_IsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  (void)open_home(home);
  ASSERT_EQ(::chown(home.root.c_str(), 12345, 12345), 0);
  EXPECT_NE(refusal(home).find("belongs to user 12345"), std::string::npos) << refusal(home);
}

TEST(Home, DamagedIdentity_IsRefusedAndLeftAlone) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  (void)open_home(home);
  for (auto const* const text : {"", "{", "[]", "{}", R"({"home_id":"x","token_key":"short"})"}) {
    directory.write("engine/identity.json", text);
    EXPECT_NE(refusal(home).find("damaged"), std::string::npos) << text;
    EXPECT_EQ(base::read_small_file(home.identity_json()), text);
  }
  directory.write("engine/identity.json", R"({"format":2})");
  EXPECT_NE(refusal(home).find("newer version"), std::string::npos);
}

TEST(Home, AFileOrNoWay_IsRefusedByName) {
  TemporaryDirectory const directory;
  directory.write("file", "x");
  EXPECT_NE(refusal(Home{directory.path() / "file"}).find("not a directory"), std::string::npos);
  EXPECT_NE(refusal(Home{directory.path() / "file" / "engine"}).find("'" + (directory.path() / "file").string()),
            std::string::npos);
  EXPECT_NE(refusal(Home{"relative/home"}).find("absolute"), std::string::npos);
  EXPECT_NE(refusal(Home{}).find("absolute"), std::string::npos);
}

TEST(Home, ReadOnlyFileSystem_IsRefusedByName) {
  EXPECT_NE(refusal(Home{"/proc/azureml-engine"}).find("'/proc/azureml-engine'"), std::string::npos)
      << refusal(Home{"/proc/azureml-engine"});
}

TEST(Home, NetworkFileSystem_IsRefusedBeforeAnythingIsMade) {
  TemporaryDirectory const directory;
  Home const home{directory.path() / "engine"};
  std::filesystem::path asked;
  try {
    (void)open_home(home, [&](std::filesystem::path const& path) {
      asked = path;
      return FileSystemFacts{.magic = 0x6969, .type = "nfs4"};
    });
    FAIL();
  } catch (std::runtime_error const& error) {
    EXPECT_NE(std::string{error.what()}.find("NFS"), std::string::npos);
    EXPECT_NE(std::string{error.what()}.find("/var/tmp/azureml-"), std::string::npos);
  }
  EXPECT_EQ(asked, directory.path());
  EXPECT_FALSE(std::filesystem::exists(home.root));
}

TEST(FileSystems, ThoseOfOtherMachines_AreKnown) {
  for (long const magic :
       {0x6969L, 0x517BL, 0xFF534D42L, 0xFE534D42L, 0x0BD00BD0L, 0x47504653L, 0x5346414FL, 0x00C36400L})
    EXPECT_TRUE(network_file_system({.magic = magic})) << std::hex << magic;
  EXPECT_TRUE(network_file_system({.magic = static_cast<long>(static_cast<std::int32_t>(0xFF534D42))}));
  EXPECT_EQ(network_file_system({.magic = 0x65735546, .type = "fuse.sshfs"}), "fuse.sshfs");
}

TEST(FileSystems, LocalOnes_AreTaken) {
  EXPECT_FALSE(network_file_system({.magic = 0xEF53, .type = "ext4"}));
  EXPECT_FALSE(network_file_system({.magic = 0x794C7630, .type = "overlay"}));
  EXPECT_FALSE(network_file_system({.magic = 0x65735546, .type = "fuse.fuse-overlayfs"}));
  EXPECT_EQ(engine::store::file_system_of("/proc").type, "proc");
}

}  // namespace
}  // namespace azureml::tests
