// Uploads over real connections to a storage that shares no code with them, while the connections fail.
#include "http/pipeline.hpp"
#include "support/cutting_proxy.hpp"
#include "support/fake_clock.hpp"
#include "support/mock_blobs.hpp"
#include "support/mock_server.hpp"
#include "unit/transfer/upload_sets.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <stop_token>
#include <thread>

namespace azureml::transfer {
namespace {

using test::MockReply;
using test::MockRequest;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct UploadWire : ::testing::Test {
  // What the server's threads use lives longer than it: they may still be at a request that was given up.
  test::MockBlobs storage{};
  std::atomic<int> seen{0}, renewals{0};
  std::stop_source stop{};
  test::MockServer server{};
  test::TemporaryFolder root{};
  test::FakeClock clock{};
  std::mt19937 random{42};
  http::Pipeline pipeline = make_pipeline(5);
  UploadOptions options{.what = "upload the data", .limits = {.threads = 4, .block = 100'000, .buffers = 3}};
  ContainerAddresses::Renew renew{};

  UploadWire() {
    server.on("*", "/c/*", [this](MockRequest const& request) {
      auto const path = request.path.substr(1);
      return storage.serve(request, path);
    });
  }
  http::Pipeline make_pipeline(int attempts) {
    http::PipelineOptions result;
    result.clock = &clock;
    result.retry.attempts_max = attempts;
    result.retry.total_max = std::chrono::hours(1000);
    result.retry.jitter = [] { return 0.5; };
    return http::Pipeline(std::move(result));
  }
  TransferReport upload(std::string const& base, Context const& context = {}) {
    ContainerAddresses addresses(base + "/c?sv=2021-10-04&sig=first", renew);
    return upload_files(pipeline, addresses, test::set_of(root.path(), "d/"), options, context);
  }
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
  }
};

TEST_F(UploadWire, FilesOfEverySize_ArriveAsTheyAre) {
  std::map<std::string, std::string> expected;
  for (std::size_t const size : {0U, 1U, 99'999U, 100'000U, 100'001U, 1'234'567U}) {
    auto const name = "f" + std::to_string(size);
    expected["c/d/" + name] = test::varied(size);
    root.write(name, expected["c/d/" + name]);
  }
  auto const report = upload(server.url());
  EXPECT_EQ(report.files, 6U);
  EXPECT_TRUE(storage.all() == expected);
  EXPECT_EQ(storage.without_md5(), 0);
  EXPECT_THAT(server.unexpected(), IsEmpty());
}

TEST_F(UploadWire, NamesAndSignature_ArriveAsTheyAre) {
  root.write("a b#?%é+&;='.txt", "odd");
  root.write("big.bin", std::string(99'000, 'x'));
  root.write("empty");
  ContainerAddresses addresses(server.url() + "/c?sv=2021-10-04&sig=a%2fb%2B%3D");
  upload_files(pipeline, addresses, test::set_of(root.path(), "my project/"), options, {});
  auto const odd = server.requests("PUT", "/c/my%20project/a%20b%23%3F%25%C3%A9%2B%26%3B%3D%27.txt");
  ASSERT_THAT(odd, SizeIs(1));
  EXPECT_EQ(odd[0].target.substr(odd[0].target.find('?') + 1), "sv=2021-10-04&sig=a%2fb%2B%3D");
  EXPECT_EQ(odd[0].body, "odd");
  auto const big = server.requests("PUT", "/c/my%20project/big.bin");
  ASSERT_THAT(big, SizeIs(1));
  EXPECT_EQ(big[0].body, std::string(99'000, 'x'));
  EXPECT_EQ(big[0].header("Content-Length"), "99000");
  EXPECT_EQ(big[0].header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(big[0].header("Authorization"), "");
  EXPECT_EQ(big[0].header("x-ms-version"), "2021-12-02");
  auto const empty = server.requests("PUT", "/c/my%20project/empty");
  ASSERT_THAT(empty, SizeIs(1));
  EXPECT_EQ(empty[0].header("Content-Length"), "0");
  EXPECT_EQ(empty[0].header("Content-MD5"), "");
}

TEST_F(UploadWire, AnsweredConflict_LengthAndMd5OfTheHeadDecide) {
  root.write("a.py", "message digest");
  server.on("PUT", "/c/*", MockReply{.status = 409, .headers = {{"x-ms-error-code", "BlobAlreadyExists"}}});
  MockReply head{
      .headers = {{"ETag", "\"0x8DA1\""}, {"Content-Length", "14"}, {"Content-MD5", "+WtpfXy3k41SWi8xqvFh0A=="}}};
  server.on("HEAD", "/c/*", head);
  EXPECT_EQ(upload(server.url()).skipped, 1U);
  head.headers["Content-MD5"] = "DMF1ucDxtqgxw5niaXcmYQ==";
  server.on("HEAD", "/c/*", head);
  EXPECT_THROW(upload(server.url()), ServiceError);
}

TEST_F(UploadWire, BlobInOnePutFromABuffer_ArrivesAsItIs) {
  options.limits.block = 2 << 20;
  auto const content = test::varied(1'500'000);
  root.write("f", content);
  server.cut_upload("PUT", "/c/*", 700'000);
  EXPECT_EQ(upload(server.url()).files, 1U);
  EXPECT_TRUE(storage.all().at("c/d/f") == content);
  EXPECT_EQ(storage.without_md5(), 0);
}

TEST_F(UploadWire, AHundredCutsInTheMiddleOfBodies_AreRepairedByTheRetries) {
  auto const content = test::varied(5'000'000);
  root.write("model", content);
  for (unsigned i = 0; i < 60; ++i) root.write("f" + std::to_string(i), test::varied(20'000, i));
  for (int i = 0; i < 50; ++i) server.cut_upload("PUT", "/c/d/model", below(100'000));
  for (int i = 0; i < 50; ++i) server.cut_upload("PUT", "/c/d/f*", below(20'000));
  pipeline = make_pipeline(1000);
  EXPECT_EQ(upload(server.url()).files, 61U);
  EXPECT_EQ(server.cut_uploads(), 100);
  auto const stored = storage.all();
  ASSERT_THAT(stored, SizeIs(61));
  EXPECT_TRUE(stored.at("c/d/model") == content);
  for (unsigned i = 0; i < 60; ++i) EXPECT_TRUE(stored.at("c/d/f" + std::to_string(i)) == test::varied(20'000, i)) << i;
  for (auto const& [block, times] : storage.blocks_taken()) EXPECT_EQ(times, 1) << block;
}

TEST_F(UploadWire, StoppedAHundredTimes_EachCallGoesOnWhereTheLastOneWas) {
  // At most three blocks a call go up: that which stops it, and what is on its way then.
  auto const content = test::varied(4'000'000);
  root.write("model", content);
  options.limits = {.threads = 2, .block = 10'000, .buffers = 2};
  auto& arrivals = seen;  // left until the stop
  server.on("PUT", "/c/*", [&](MockRequest const& request) {
    auto reply = storage.serve(request, request.path.substr(1));
    if (request.parameter("comp") == "block" && arrivals.fetch_sub(1) == 1) stop.request_stop();
    return reply;
  });
  for (int i = 0; i < 100; ++i) {
    stop = std::stop_source();
    arrivals = 1;
    EXPECT_THROW(upload(server.url(), {.stop = stop.get_token()}), StoppedError) << i;
    EXPECT_THAT(storage.all(), IsEmpty());
  }
  arrivals = 0;
  auto const report = upload(server.url());
  EXPECT_TRUE(storage.all().at("c/d/model") == content);
  EXPECT_GE(report.resumed_bytes, 500'000U);
  EXPECT_EQ(report.resumed_bytes + report.bytes, 4'000'000U);
  auto const taken = storage.blocks_taken();
  EXPECT_THAT(taken, SizeIs(400));
  // The other block that was on its way when a call ended may have arrived after the next call had asked what is there.
  int again = 0;
  for (auto const& [block, times] : taken) again += times - 1;
  EXPECT_LE(again, 100);
}

TEST_F(UploadWire, AllConnectionsCutAtRandomBytes_TheResultIsTheSource) {
  auto const content = test::varied(3'000'000);
  root.write("model", content);
  for (unsigned i = 0; i < 10; ++i) root.write("f" + std::to_string(i), test::varied(50'000, i));
  pipeline = make_pipeline(1000);
  test::CuttingProxy proxy(server.port());
  options.existing = Existing::replace;
  for (int round = 0; round < 10; ++round) {
    storage.append("c/d/model", "another");
    proxy.cut(round % 3 == 2 ? test::CuttingProxy::Direction::down : test::CuttingProxy::Direction::up,
              round % 3 == 2 ? below(5'000) : below(3'000'000));
    upload(proxy.through(server.url()));
    EXPECT_TRUE(storage.all().at("c/d/model") == content) << round;
    for (unsigned i = 0; i < 10; ++i)
      EXPECT_TRUE(storage.all().at("c/d/f" + std::to_string(i)) == test::varied(50'000, i)) << round << ' ' << i;
  }
  EXPECT_EQ(storage.without_md5(), 0);
}

TEST_F(UploadWire, BytesTurnedOverOnTheWay_AreNoticedAndSentAgain) {
  auto const content = test::varied(90'000);
  root.write("f", content);
  options.existing = Existing::replace;
  for (int round = 0; round < 20; ++round) {
    http::Pipeline const fresh = make_pipeline(5);  // with connections of its own
    test::CuttingProxy proxy(server.port());
    // Behind the head of the request, which no checksum guards.
    proxy.flip(test::CuttingProxy::Direction::up, 2'000 + below(80'000));
    ContainerAddresses addresses(proxy.through(server.url()) + "/c" + std::to_string(round) + "?sig=x");
    server.on("*", "/c" + std::to_string(round) + "/*",
              [this](MockRequest const& request) { return storage.serve(request, request.path.substr(1)); });
    upload_files(fresh, addresses, test::set_of(root.path(), ""), options, {});
    EXPECT_TRUE(storage.all().at("c" + std::to_string(round) + "/f") == content);
    EXPECT_FALSE(proxy.forget()) << "the byte was turned over";
    EXPECT_THAT(server.requests("PUT", "/c" + std::to_string(round) + "/f"), SizeIs(2));
  }
}

TEST_F(UploadWire, StorageTellsAnotherMd5OfABlock_IsAnErrorAndNothingIsVisible) {
  root.write("f", test::varied(300'000));
  storage.tell_wrong_md5();
  EXPECT_THROW(upload(server.url()), TransportError);
  EXPECT_THAT(storage.all(), IsEmpty());
}

TEST_F(UploadWire, SignInPageInTheWay_IsAnErrorWhateverItAnswers) {
  root.write("small", "x");
  server.on("*", "/c/*", test::html_reply(200));
  EXPECT_THROW(upload(server.url()), TransportError);
  root.write("large", test::varied(300'000));
  std::filesystem::remove(root.path() / "small");
  for (auto const mode : {Existing::refuse, Existing::skip, Existing::replace}) {
    options.existing = mode;
    EXPECT_THROW(upload(server.url()), TransportError);
  }
  server.on("HEAD", "/c/*", MockReply{.status = 404});
  EXPECT_THROW(upload(server.url()), TransportError) << "blocks that nobody took";
}

TEST_F(UploadWire, SignatureEndsInTheMiddle_TheTransferGoesOnWithAnother) {
  auto const content = test::varied(3'000'000);
  root.write("model", content);
  for (unsigned i = 0; i < 30; ++i) root.write("f" + std::to_string(i), test::varied(1'000, i));
  server.on("*", "/c/*", [&](MockRequest const& request) {
    if (seen.fetch_add(1) == 20) storage.require_signature("second+/");
    return storage.serve(request, request.path.substr(1));
  });
  renew = [&](Context const&) {
    ++renewals;
    return server.url() + "/c?sig=second%2b%2f&sv=2021-10-04";
  };
  EXPECT_EQ(upload(server.url()).files, 31U);
  EXPECT_EQ(renewals, 1);
  EXPECT_THAT(storage.all(), SizeIs(31));
  EXPECT_TRUE(storage.all().at("c/d/model") == content);
}

TEST_F(UploadWire, StoppedWhileTheServerHoldsItsAnswers_Ends) {
  root.write("model", test::varied(3'000'000));
  root.write("f", "x");
  server.on("PUT", "/c/*", MockReply{.status = 201, .hold = true});
  std::jthread const stopper([&] {
    server.wait_for_requests(4);  // a look, a list of blocks, and at least two that are held
    stop.request_stop();
  });
  EXPECT_THROW(upload(server.url(), {.stop = stop.get_token()}), StoppedError);
}

}  // namespace
}  // namespace azureml::transfer
