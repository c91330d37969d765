// Downloads over real connections from a server that shares no code with them.
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "support/mock_blobs.hpp"
#include "support/mock_server.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"
#include "transfer/downloads.hpp"
#include "unit/transfer/download_server.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <iterator>
#include <random>
#include <thread>

namespace azureml::transfer {
namespace {

using test::MockReply;
using test::MockRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kPiece = 1 << 20;

struct DownloadWire : ::testing::Test {
  test::TemporaryDirectory directory{};
  test::FakeClock clock{};
  test::MockServer server{};
  test::MockBlobs blobs{};
  http::Pipeline pipeline{[this] {
    http::PipelineOptions options;
    options.clock = &clock;
    return options;
  }()};
  std::filesystem::path target = directory.path() / "out/model.bin";
  std::atomic<int> resets_left{0};
  std::mt19937 generator{1};
  std::mutex mutex{};

  void SetUp() override {
    server.on("GET", "/c*", [this](MockRequest const& request) {
      if (request.parameter("comp") == "list") return blobs.list(request, "c");
      auto reply = blobs.serve(request, request.path.substr(1));
      // The HTTP library hands out whole pieces of 1 MiB: less than one is no progress to it.
      if (reply.body.size() > 2 * kPiece && resets_left-- > 0) {
        std::lock_guard const lock(mutex);
        reply.cut_after = kPiece + generator() % (reply.body.size() - kPiece);
        reply.reset = generator() % 2 == 0;
      }
      return reply;
    });
  }
  ContainerAddresses container() { return ContainerAddresses(server.url() + "/c?sv=2021-10-04&sig=a%2fb%2B%3D"); }
  TransferReport download(Context const& context = {}) {
    auto addresses = container();
    return download_file(pipeline, addresses, "model.bin", target, {}, context);
  }
  static std::string content(std::filesystem::path const& file) {
    return test::read_file(file);
  }
};

TEST_F(DownloadWire, LargeFile_ComesWholeThroughLostConnections) {
  auto const text = test::noise(30'000'000);
  blobs.append("c/model.bin", text);
  for (int const resets : {0, 12}) {
    std::filesystem::remove_all(target.parent_path());
    resets_left = resets;
    EXPECT_EQ(download().files, 1U);
    EXPECT_TRUE(content(target) == text);
    EXPECT_THAT(server.unexpected(), IsEmpty());
  }
}

TEST_F(DownloadWire, EmptyAndSmall_Come) {
  blobs.append("c/model.bin", "");
  download();
  EXPECT_EQ(content(target), "");
  blobs.append("c/model.bin", "123");
  download();
  EXPECT_EQ(content(target), "123");
}

TEST_F(DownloadWire, InChunksWithoutALength_IsTaken) {
  server.on("GET", "/c/model.bin*", MockReply{.headers = {{"ETag", "\"1\""}}, .body = "in chunks", .chunked = true});
  download();
  EXPECT_EQ(content(target), "in chunks");
}

TEST_F(DownloadWire, NeitherLengthNorChunks_IsRefused) {
  server.on("GET", "/c/model.bin*", MockReply{.headers = {{"ETag", "\"1\""}}, .body = "no", .without_length = true});
  EXPECT_THROW(download(), TransportError) << "its end could be anywhere";
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(DownloadWire, Container_ComesAsItIsListed) {
  for (std::string const name : {"p/a", "p/b c", "p/d/e", "p/f&<g>", "q/no"}) blobs.append("c/" + name, "of " + name);
  // The mocked storage takes names as they stand in the address.
  server.on("GET", "/c/p/b%20c*", [this](MockRequest const& request) { return blobs.serve(request, "c/p/b c"); });
  server.on("GET", "/c/p/f%26%3Cg%3E*",
            [this](MockRequest const& request) { return blobs.serve(request, "c/p/f&<g>"); });
  auto addresses = container();
  std::vector<BlobInfo> listed;
  list_blobs(pipeline, addresses, "p/",
             [&](BlobInfo&& blob) {
               listed.push_back(std::move(blob));
               return true;
             },
             {});
  ASSERT_THAT(listed, SizeIs(4));
  std::size_t at = 0;
  auto const report =
      download_files(pipeline, addresses, directory.path() / "out",
                     [&]() -> std::optional<DownloadItem> {
                       if (at == listed.size()) return std::nullopt;
                       auto const& blob = listed[at++];
                       return DownloadItem{blob.name, blob.name.substr(2), blob.size, blob.md5, blob.etag};
                     },
                     {}, {});
  EXPECT_EQ(report.files, 4U);
  EXPECT_EQ(content(directory.path() / "out/a"), "of p/a");
  EXPECT_EQ(content(directory.path() / "out/b c"), "of p/b c");
  EXPECT_EQ(content(directory.path() / "out/d/e"), "of p/d/e");
  EXPECT_EQ(content(directory.path() / "out/f&<g>"), "of p/f&<g>");
}

TEST_F(DownloadWire, StopWhileTheServerIsSilent_EndsTheCall) {
  server.on("GET", "/c/model.bin*", MockReply{.hold = true});
  std::stop_source stop;
  std::jthread const stopper([&] {
    server.wait_for_requests(1);
    stop.request_stop();
  });
  EXPECT_THROW(download({.stop = stop.get_token()}), StoppedError);
  EXPECT_FALSE(std::filesystem::exists(target));
  server.release();
}

}  // namespace
}  // namespace azureml::transfer
