// The transfers over real connections to a server that shares no code with them.
#include "http/pipeline.hpp"
#include "snapshot/snapshot.hpp"
#include "support/fake_clock.hpp"
#include "support/mock_server.hpp"
#include "transfer/transfer.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <thread>

namespace azureml::transfer {
namespace {

using test::MockReply;
using test::MockRequest;
using ::testing::SizeIs;

struct Wire : ::testing::Test {
  test::MockServer server{};
  test::TemporaryFolder folder{};
  test::FakeClock clock{};
  http::Pipeline pipeline{[this] {
    http::PipelineOptions options;
    options.clock = &clock;
    return options;
  }()};
  std::string const signature = "sv=2021-10-04&sig=a%2fb%2B%3D";
};

TEST_F(Wire, Upload_NamesAndBytesArriveAsTheyAre) {
  folder.write("a b#?%é+&;='.txt", "odd");
  folder.write("big.bin", std::string(3'000'000, 'x'));
  folder.write("empty");
  server.on("HEAD", "/c/*", MockReply{.status = 404, .headers = {{"x-ms-error-code", "BlobNotFound"}}});
  server.on("PUT", "/c/*", MockReply{.status = 201});
  upload_snapshot(pipeline, snapshot::make_plan(folder.path()), server.url() + "/c?" + signature, "my project", "code",
                  "1", {}, {});

  EXPECT_THAT(server.unexpected(), SizeIs(0));
  auto const odd = server.requests("PUT", "/c/my%20project/a%20b%23%3F%25%C3%A9%2B%26%3B%3D%27.txt");
  ASSERT_THAT(odd, SizeIs(2)) << "the blob, and the mark: it is the first one";
  EXPECT_EQ(odd[0].target.substr(odd[0].target.find('?') + 1), signature);
  EXPECT_EQ(odd[0].body, "odd");
  EXPECT_EQ(odd[1].target.substr(odd[1].target.find('?') + 1), signature + "&comp=metadata");
  EXPECT_EQ(odd[1].header("x-ms-meta-upload_status"), "completed");
  auto const big = server.requests("PUT", "/c/my%20project/big.bin");
  ASSERT_THAT(big, SizeIs(1));
  EXPECT_EQ(big[0].body_size, 3'000'000U);
  EXPECT_EQ(big[0].body_sum, test::body_sum(std::string(3'000'000, 'x')));
  EXPECT_EQ(big[0].header("Content-Length"), "3000000");
  EXPECT_EQ(big[0].header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(big[0].header("Authorization"), "");
  auto const empty = server.requests("PUT", "/c/my%20project/empty");
  ASSERT_THAT(empty, SizeIs(1));
  EXPECT_EQ(empty[0].header("Content-Length"), "0");
  EXPECT_EQ(empty[0].header("Content-MD5"), "");
}

TEST_F(Wire, UploadAnsweredConflict_LengthAndMd5OfTheHeadDecide) {
  folder.write("a.py", "message digest");
  server.once("HEAD", "/c/*", MockReply{.status = 404});
  server.on(
      "HEAD", "/c/*",
      MockReply{.status = 200, .headers = {{"Content-Length", "14"}, {"Content-MD5", "+WtpfXy3k41SWi8xqvFh0A=="}}});
  server.once("PUT", "/c/*", MockReply{.status = 409, .headers = {{"x-ms-error-code", "BlobAlreadyExists"}}});
  server.on("PUT", "/c/*", MockReply{.status = 200});
  upload_snapshot(pipeline, snapshot::make_plan(folder.path()), server.url() + "/c", "f", "code", "1", {}, {});
  EXPECT_THAT(server.requests("PUT", "/c/f/a.py"), SizeIs(2));
}

TEST_F(Wire, Download_TornOnceIsWholeInTheEnd) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i);
  server.on("GET", "/c/b", MockReply{.status = 200, .body = text});
  server.once("GET", "/c/b", MockReply{.status = 200, .body = text, .cut_after = 500'000});
  download_to_file(pipeline, server.url() + "/c/b?" + signature, folder.path() / "sub/b", {});
  std::ifstream in(folder.path() / "sub/b", std::ios::binary);
  EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(in), {}) == text);
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(Wire, DownloadWithoutALengthOrInChunks_IsTaken) {
  server.once("GET", "/c/b", MockReply{.status = 200, .body = "no length", .without_length = true});
  download_to_file(pipeline, server.url() + "/c/b", folder.path() / "one", {});
  server.once("GET", "/c/b", MockReply{.status = 200, .body = "in chunks", .chunked = true});
  download_to_file(pipeline, server.url() + "/c/b", folder.path() / "two", {});
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "one"), 9U);
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "two"), 9U);
}

TEST_F(Wire, ReadFrom_TornRangeGivesEveryByteOnce) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i);
  auto const range = "bytes 10-" + std::to_string(text.size() - 1) + "/" + std::to_string(text.size());
  MockReply reply{.status = 206,
                  .headers = {{"Content-Range", range}, {"x-azureml-run-status", "Running"}},
                  .body = text.substr(10)};
  server.on("GET", "/c/log", reply);
  reply.cut_after = 100'000;
  server.once("GET", "/c/log", reply);
  std::string got;
  auto const result = read_from(pipeline, server.url() + "/c/log", 10, std::chrono::seconds(2), "Queued",
                                [&](std::string_view piece) { got += piece; }, {});
  EXPECT_TRUE(got == text.substr(10));
  EXPECT_EQ(result.bytes, text.size() - 10);
  EXPECT_EQ(result.run_status, "Running");
  auto const requests = server.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[1].header("Range"), "bytes=10-");
  EXPECT_EQ(requests[1].header("Prefer"), "wait=2");
}

TEST_F(Wire, ReadFrom_HeldAndStoppedReturnsAtOnce) {
  server.on("GET", "/c/log", MockReply{.status = 416, .hold = true});
  std::stop_source stop;
  std::jthread const stopper([&] {
    server.wait_for_requests(1);
    stop.request_stop();
  });
  EXPECT_THROW(read_from(pipeline, server.url() + "/c/log", 10, std::chrono::seconds(20), "Running",
                         [](std::string_view) {}, {.stop = stop.get_token()}),
               StoppedError);
}

}  // namespace
}  // namespace azureml::transfer
