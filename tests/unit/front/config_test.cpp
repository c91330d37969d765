#include "engine/front/config.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace azureml::tests {
namespace {

using namespace std::chrono_literals;
using namespace engine::front;
using test::TemporaryDirectory;

std::string refusal(std::string const& text) {
  TemporaryDirectory const directory;
  directory.write("config.json", text);
  try {
    (void)engine_options({.home = directory.path()});
    return {};
  } catch (std::runtime_error const& error) {
    return error.what();
  }
}

TEST(Config, NoFile_GivesTheDefaults) {
  TemporaryDirectory const directory;
  auto const options = engine_options({.home = directory.path(), .program = "/bin/azureml"});
  EXPECT_EQ(options.home, directory.path());
  EXPECT_EQ(options.program, "/bin/azureml");
  EXPECT_FALSE(options.port);
  EXPECT_EQ(options.idle_exit, 600s);
  EXPECT_EQ(options.limits.connections_max, 1024U);
  EXPECT_EQ(options.free_space_min, std::uint64_t{1} << 30);
}

TEST(Config, EveryKey_IsRead) {
  TemporaryDirectory const directory;
  directory.write("config.json",
                  R"({"port": 4000, "token_file": "/t", "idle_exit_seconds": 0, "python": "/opt/python", "cpus": 1.5, "gpus": ["0", "GPU-a"], "memory": "16g",
    "keep_working_directory": true, "free_space_min_mib": 2, "allow_hosts": ["gpu-box"],
    "limits": {"header_max": 4096, "json_body_max": 5000, "connections_max": 6, "progress_timeout_seconds": 7, "idle_timeout_seconds": 8}})");
  auto const options = engine_options({.home = directory.path()});
  EXPECT_EQ(options.port, 4000);
  EXPECT_EQ(options.token_file, "/t");
  EXPECT_EQ(options.idle_exit, 0s);
  EXPECT_EQ(options.python, "/opt/python");
  EXPECT_EQ(options.cpus, 1.5);
  EXPECT_EQ(options.gpus, (std::vector<std::string>{"0", "GPU-a"}));
  EXPECT_EQ(options.memory, std::uint64_t{16} << 30);
  EXPECT_TRUE(options.keep_working_directory);
  EXPECT_EQ(options.free_space_min, std::uint64_t{2} << 20);
  EXPECT_EQ(options.allowed_hosts, std::vector<std::string>{"gpu-box"});
  EXPECT_EQ(options.limits.header_max, 4096U);
  EXPECT_EQ(options.limits.json_body_max, 5000U);
  EXPECT_EQ(options.limits.connections_max, 6U);
  EXPECT_EQ(options.limits.progress_timeout, 7s);
  EXPECT_EQ(options.limits.idle_timeout, 8s);
}

TEST(Config, Flags_WinOverTheFile_HostsAreAdded) {
  TemporaryDirectory const directory;
  directory.write(
      "config.json",
      R"({"port": 4000, "idle_exit_seconds": 5, "python": "/a", "cpus": 1, "gpus": ["0"], "memory": 9, "keep_working_directory": true, "allow_hosts": ["a"]})");
  auto const options = engine_options({.home = directory.path(),
                                       .port = std::uint16_t{5000},
                                       .token_file = "/f",
                                       .idle_exit = 6s,
                                       .python = "/b",
                                       .cpus = 2.0,
                                       .gpus = std::vector<std::string>{"1", "2"},
                                       .memory = "3k",
                                       .keep_working_directory = false,
                                       .allow_hosts = {"b"}});
  EXPECT_EQ(options.port, 5000);
  EXPECT_EQ(options.token_file, "/f");
  EXPECT_EQ(options.idle_exit, 6s);
  EXPECT_EQ(options.python, "/b");
  EXPECT_EQ(options.cpus, 2.0);
  EXPECT_EQ(options.gpus, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(options.memory, 3072U);
  EXPECT_FALSE(options.keep_working_directory);
  EXPECT_EQ(options.allowed_hosts, (std::vector<std::string>{"a", "b"}));
}

TEST(Config, BadFlag_IsNamed) {
  TemporaryDirectory const directory;
  auto const message = [](ServeOptions const& options) {
    try {
      static_cast<void>(engine_options(options));
    } catch (std::runtime_error const& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_NE(message({.home = directory.path(), .memory = "much"}).find("--memory"), std::string::npos);
  EXPECT_NE(message({.home = directory.path(), .gpus = std::vector<std::string>{"0", "0"}}).find("--gpus"), std::string::npos);
}

TEST(Config, UnknownKey_IsNamed) {
  EXPECT_NE(refusal(R"({"prot": 4000})").find("unknown key 'prot'"), std::string::npos);
  EXPECT_NE(refusal(R"({"limits": {"headers": 1}})").find("unknown key 'limits.headers'"), std::string::npos);
}

TEST(Config, BadValue_NamesTheKeyAndWhatItMustBe) {
  for (auto const& [text, key] : std::vector<std::pair<char const*, char const*>>{
           {R"({"port": 70000})", "'port'"},
           {R"({"port": "80"})", "'port'"},
           {R"({"port": 1.5})", "'port'"},
           {R"({"gpus": "0"})", "'gpus'"},
           {R"({"gpus": ["0,1"]})", "'gpus'"},
           {R"({"gpus": ["0", "0"]})", "'gpus'"},
           {R"({"memory": "16 GB"})", "'memory'"},
           {R"({"memory": -1})", "'memory'"},
           {R"({"idle_exit_seconds": -1})", "'idle_exit_seconds'"},
           {R"({"python": ""})", "'python'"},
           {R"({"cpus": "all"})", "'cpus'"},
           {R"({"keep_working_directory": 1})", "'keep_working_directory'"},
           {R"({"allow_hosts": "a"})", "'allow_hosts'"},
           {R"({"allow_hosts": [1]})", "'allow_hosts'"},
           {R"({"limits": 1})", "'limits'"},
           {R"({"limits": {"connections_max": 0}})", "'limits.connections_max'"}}) {
    auto const message = refusal(text);
    EXPECT_NE(message.find(key), std::string::npos) << text << ": " << message;
    EXPECT_NE(message.find("must be"), std::string::npos) << message;
  }
  EXPECT_NE(refusal("port = 1").find("not a JSON object"), std::string::npos);
}

TEST(Config, Tls_IsRefusedInBothPlaces) {
  EXPECT_NE(refusal(R"({"tls_port": 0})").find("no TLS listener"), std::string::npos);
  EXPECT_THROW((void)engine_options({.home = "/nowhere", .tls_port = std::uint16_t{0}}), std::runtime_error);
}

}  // namespace
}  // namespace azureml::tests
