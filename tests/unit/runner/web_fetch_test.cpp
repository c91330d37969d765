#include "engine/runner/web_fetch.hpp"

#include "engine/runner/run_failure.hpp"
#include "support/mock_server.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// With the real tools against a server on this machine.
struct WebFetchTest : ::testing::TestWithParam<bool> {
  WebFetchTest() {
    fs::create_directories(root / "scratch");
    fetch.target = root / "target";
    fetch.scratch = root / "scratch";
    fetch.python = "/usr/bin/python3";
    // Without curl in PATH python fetches.
    fetch.environment = {GetParam() ? "PATH=/usr/local/bin:/usr/bin:/bin" : "PATH=/nonexistent", "NO_PROXY=127.0.0.1",
                         "no_proxy=127.0.0.1"};
  }
  void SetUp() override {
    if (GetParam() ? ::access("/usr/bin/curl", X_OK) != 0 : ::access("/usr/bin/python3", X_OK) != 0)
      GTEST_SKIP() << "the tool is not installed";
  }
  void run() {
    fetch_from_web(fetch, [](SpawnRequest const& request) {
      auto const child = spawn(request);
      int status = -1;
      ::waitpid(child, &status, 0);
      return status;
    });
  }
  RunError error() {
    try {
      run();
    } catch (RunFailure const& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "fetched";
    return {};
  }
  test::TemporaryDirectory directory{};
  fs::path root = directory.path();
  test::MockServer server{};
  WebFetch fetch{};
};

TEST_P(WebFetchTest, FileOfAnyName_ArrivesWhole) {
  server.on("GET", "/a%20b.csv", test::MockReply{.streamed = 3'000'000});
  fetch.address = server.url() + "/a b.csv?sig=x%2By&z=$[1]{2}";
  run();
  EXPECT_EQ(fs::file_size(fetch.target), 3'000'000U);
  EXPECT_EQ(test::read_text(fetch.target)[2'999'999], test::stream_byte(2'999'999));
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].parameter("sig"), "x+y");
  EXPECT_TRUE(fs::is_empty(root / "scratch"));
}

TEST_P(WebFetchTest, EmptyFile_Arrives) {
  server.on("GET", "/empty", test::MockReply{});
  fetch.address = server.url() + "/empty";
  run();
  EXPECT_EQ(fs::file_size(fetch.target), 0U);
}

TEST_P(WebFetchTest, RedirectIsFollowed) {
  server.on("GET", "/old", test::MockReply{.status = 302, .headers = {{"Location", "/new"}}});
  server.on("GET", "/new", test::MockReply{.body = "there"});
  fetch.address = server.url() + "/old";
  run();
  EXPECT_EQ(test::read_text(fetch.target), "there");
}

TEST_P(WebFetchTest, AnswerThatIsAnErrorOrTorn_FailsWithoutAFile) {
  server.on("GET", "/none", test::MockReply{.status = 404, .body = "not here"});
  fetch.address = server.url() + "/none?sig=secret";
  auto const missing = error();
  EXPECT_EQ(missing.code, "DataFetchFailed");
  EXPECT_THAT(missing.message, HasSubstr("404"));
  EXPECT_THAT(missing.message, HasSubstr("/none"));
  EXPECT_EQ(missing.message.find("secret"), std::string::npos);
  server.on("GET", "/torn", test::MockReply{.body = "half", .declared = 1000});
  fetch.address = server.url() + "/torn";
  EXPECT_EQ(error().code, "DataFetchFailed");
  EXPECT_FALSE(fs::exists(fetch.target));
  EXPECT_TRUE(fs::is_empty(root / "scratch"));
}

TEST_P(WebFetchTest, ServerThatSaysNothing_IsGivenUp) {
  server.on("GET", "/slow", test::MockReply{.hold = true});
  fetch.address = server.url() + "/slow";
  fetch.patience = std::chrono::seconds(1);
  EXPECT_EQ(error().code, "DataFetchFailed");
}

INSTANTIATE_TEST_SUITE_P(Tools, WebFetchTest, ::testing::Values(true, false),
                         [](auto const& curl) { return curl.param ? "curl" : "python"; });

}  // namespace
}  // namespace azureml::engine::runner
