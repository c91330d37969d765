#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "http/pipeline.hpp"
#include "transfer/blocks.hpp"
#include "unit/transfer/upload_fixture.hpp"

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace azureml::transfer {
namespace {

using test::blob_error;
using test::once;
using test::SentRequest;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string md5(std::string_view bytes) {
  return base::Digest::md5().update(bytes).finish();
}

TEST(BlockLayout, SizesAndNumbers) {
  auto const layout = block_layout(2500, 1000);
  EXPECT_EQ(layout.count(), 3U);
  EXPECT_EQ(layout.offset(2), 2000U);
  EXPECT_EQ(layout.length(1), 1000U);
  EXPECT_EQ(layout.length(2), 500U);
  EXPECT_EQ(block_layout(2000, 1000).count(), 2U);
}

TEST(BlockLayout, HugeFile_BlocksGrowSoThatTheirNumberStaysInBounds) {
  std::uint64_t const size = (std::uint64_t{5} << 40) + 1;
  auto const layout = block_layout(size, 4 << 20);
  EXPECT_LE(layout.count(), 50'000U);
  EXPECT_GE(layout.count(), 49'000U);
  EXPECT_EQ(layout.offset(layout.count() - 1) + layout.length(layout.count() - 1), size);
}

TEST(BlockId, NumberAndMd5_OfOneLength) {
  auto const id = base::from_base64(block_id(7, md5("x")));
  ASSERT_TRUE(id);
  EXPECT_EQ(*id, "00000007" + base::to_hex(md5("x")));
  EXPECT_EQ(base::from_base64(block_id(49'999, md5("y")))->size(), id->size());
  EXPECT_LE(id->size(), 64U);
}

TEST(BlockId, LengthThatAnotherProgramHasLeft_IsKept) {
  EXPECT_EQ(*base::from_base64(block_id(7, md5("x"), 46)), "00000000000007" + base::to_hex(md5("x")));
  EXPECT_EQ(*base::from_base64(block_id(7, md5("x"), 6)), "000007");
  EXPECT_TRUE(tells_content(37));
  EXPECT_FALSE(tells_content(36));
}

TEST(UncommittedBlocks, OfTheServicesAnswer_AreRead) {
  auto const blocks = parse_uncommitted_blocks(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><CommittedBlocks><Block><Name>AAAA</Name>"
      "<Size>1</Size></Block></CommittedBlocks><UncommittedBlocks><Block><Name>BAA=</Name><Size>1024</Size></Block>"
      "<Block><Name>CAA=</Name><Size>7</Size></Block></UncommittedBlocks></BlockList>");
  ASSERT_THAT(blocks, SizeIs(2));
  EXPECT_EQ(blocks[0].id, "BAA=");
  EXPECT_EQ(blocks[0].size, 1024U);
  EXPECT_EQ(blocks[1].id, "CAA=");
}

TEST(UncommittedBlocks, AnythingElse_IsNone) {
  for (auto const* const text :
       {"", "<BlockList>", "<UncommittedBlocks>", "<UncommittedBlocks />", "<UncommittedBlocks></UncommittedBlocks>",
        "<UncommittedBlocks><Block></Block></UncommittedBlocks>", "<html>502</html>",
        "<UncommittedBlocks><Block><Name>A</Name><Size>-1</Size></Block></UncommittedBlocks>",
        "<UncommittedBlocks><Block><Name>A</Name><Size>1</Size></UncommittedBlocks>"})
    EXPECT_THAT(parse_uncommitted_blocks(text), IsEmpty()) << text;
}

struct UploadBlocks : test::UploadFixture {
  std::string const name = "my project/model.bin";
  std::string write(std::size_t size) {
    auto content = test::varied(size);
    root.write("model.bin", content);
    return content;
  }
  [[nodiscard]] std::string stored() const {
    auto const all = server.blobs();
    return all.contains(name) ? all.at(name).content : "not there";
  }
};

TEST_F(UploadBlocks, LargeFile_GoesInBlocksAndAListWithTheMd5OfAll) {
  auto const content = write(9500);
  server.before(once("PUT", "comp=block&", [] { return blob_error(500, "OperationTimedOut"); }));
  auto const report = upload();
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.bytes, 9500U);
  EXPECT_EQ(report.resumed_bytes, 0U);
  EXPECT_TRUE(stored() == content);
  EXPECT_EQ(server.blobs().at(name).type, "application/octet-stream");
  EXPECT_EQ(server.blobs().at(name).md5, base::to_base64(md5(content)));
  EXPECT_THAT(server.requests("PUT", "comp=block&"), SizeIs(11)) << "ten blocks, the first one twice";
  EXPECT_THAT(server.requests("GET", "comp=blocklist"), SizeIs(1));
  auto const lists = server.requests("PUT", "comp=blocklist");
  ASSERT_THAT(lists, SizeIs(1));
  EXPECT_EQ(lists[0].header("If-None-Match"), "*");
}

TEST_F(UploadBlocks, OneThreadAndOneBuffer_IsEnough) {
  auto const content = write(9500);
  root.write("other", test::varied(3000, 2));
  options.limits = {.threads = 1, .block = 1000, .buffers = 1};
  EXPECT_EQ(upload().files, 2U);
  EXPECT_TRUE(stored() == content);
}

TEST_F(UploadBlocks, BlockLargerThanABuffer_IsReadInPiecesAndSentFromTheFile) {
  options.limits = {.threads = 2, .block = 1, .buffers = 3};
  auto const content = write(120'000);
  auto const report = upload();
  EXPECT_TRUE(stored() == content);
  EXPECT_EQ(report.bytes, 120'000U);
  auto const blocks = server.requests("PUT", "comp=block&");
  EXPECT_THAT(blocks, SizeIs(40'000));
  EXPECT_THAT(blocks[0].body, SizeIs(3));
}

TEST_F(UploadBlocks, SeveralLargeFilesAtOnce_ShareTheBuffers) {
  std::map<std::string, std::string> contents;
  for (unsigned i = 0; i < 12; ++i) {
    auto const file = "f" + std::to_string(i);
    contents["my project/" + file] = test::varied(3000 + 777 * i, i);
    root.write(file, contents["my project/" + file]);
  }
  options.limits = {.threads = 8, .block = 1000, .buffers = 2};
  EXPECT_EQ(upload().files, 12U);
  for (auto const& [blob, content] : contents) EXPECT_TRUE(server.blobs().at(blob).content == content) << blob;
}

TEST_F(UploadBlocks, NeverMoreBlocksHeldThanThereAreBuffers) {
  write(40'000);
  options.limits = {.threads = 8, .block = 1000, .buffers = 2};
  std::atomic<int> now{0}, most{0};
  server.before([&](SentRequest const& request) -> std::optional<http::Response> {
    if (request.url.find("comp=block&") == std::string::npos) return std::nullopt;
    int const running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    std::this_thread::yield();
    --now;
    return std::nullopt;
  });
  upload();
  EXPECT_LE(most, 2);
}

TEST_F(UploadBlocks, BlocksThereFromAnEarlierCall_AreNotSentAgain) {
  auto const content = write(9500);
  for (std::size_t i : {0U, 3U, 9U}) {
    auto const block = content.substr(i * 1000, 1000);
    server.put_block(name, block_id(i, md5(block)), block);
  }
  auto const report = upload();
  EXPECT_TRUE(stored() == content);
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.resumed_bytes, 2500U);
  EXPECT_EQ(report.bytes, 7000U);
  EXPECT_THAT(server.requests("PUT", "comp=block&"), SizeIs(7));
}

TEST_F(UploadBlocks, BlocksOfAnotherContent_AreSent) {
  auto const content = write(3000);
  server.put_block(name, block_id(0, md5("old")), "old");
  server.put_block(name, block_id(1, md5(content.substr(1000, 1000))), "torn");
  EXPECT_EQ(upload().resumed_bytes, 0U);
  EXPECT_TRUE(stored() == content);
}

TEST_F(UploadBlocks, BlocksOfAnotherProgram_DoNotStandInTheWay) {
  auto const content = write(3000);
  for (std::size_t const length : {8U, 46U, 64U}) {
    server.put_block(name, base::to_base64(std::string(length, 'x')), "theirs");
    options.existing = Existing::replace;
    EXPECT_EQ(upload().files + upload().skipped, 2U) << length;
    EXPECT_TRUE(stored() == content);
    server.put(name, "another");
  }
}

TEST_F(UploadBlocks, ListOfBlocksIsRefused_EverythingIsSent) {
  for (int const status : {403, 404, 501}) {
    auto const content = write(3000 + static_cast<std::size_t>(status));
    options.existing = Existing::replace;
    server.before([&](SentRequest const& request) -> std::optional<http::Response> {
      if (request.method != "GET") return std::nullopt;
      return blob_error(status, "AuthorizationPermissionMismatch");
    });
    EXPECT_EQ(upload().files, 1U);
    EXPECT_TRUE(stored() == content);
  }
}

TEST_F(UploadBlocks, EarlierBlocksVanishBeforeTheList_AllAreSentOnceMore) {
  auto const content = write(3000);
  auto const block = content.substr(0, 1000);
  server.put_block(name, block_id(0, md5(block)), block);
  server.before(once("PUT", "comp=blocklist", [] { return blob_error(400, "InvalidBlockList"); }));
  auto const report = upload();
  EXPECT_TRUE(stored() == content);
  EXPECT_EQ(report.resumed_bytes, 0U);
  EXPECT_EQ(report.bytes, 3000U);
}

TEST_F(UploadBlocks, InvalidListWithoutEarlierBlocks_IsAnError) {
  write(3000);
  server.before(once("PUT", "comp=blocklist", [] { return blob_error(400, "InvalidBlockList"); }));
  EXPECT_EQ(failure<ServiceError>().code(), "InvalidBlockList");
}

TEST_F(UploadBlocks, FileChangesWhileItsBlocksAreSent_IsAnErrorAndNothingIsVisible) {
  write(9500);
  server.before(once("PUT", "comp=block&", [&] {
    std::ofstream(root.path() / "model.bin", std::ios::in | std::ios::out | std::ios::binary).write("changed", 7);
    std::filesystem::last_write_time(root.path() / "model.bin",
                                     std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
    return blob_error(500, "InternalError");
  }));
  EXPECT_THAT(failure<FileError>().what(), HasSubstr("has changed"));
  EXPECT_THAT(server.blobs(), IsEmpty());
}

TEST_F(UploadBlocks, FileShrinksWhileItsBlocksAreSent_IsAnErrorAndNothingIsVisible) {
  write(9500);
  options.limits.buffers = 1;
  options.limits.threads = 1;
  server.before(once("PUT", "comp=block&", [&] {
    std::filesystem::resize_file(root.path() / "model.bin", 1500);
    return blob_error(500, "InternalError");
  }));
  EXPECT_THAT(failure<FileError>().what(), HasSubstr("has changed"));
  EXPECT_THAT(server.blobs(), IsEmpty());
}

TEST_F(UploadBlocks, AnswerToTheListIsLost_CountsAsThere) {
  auto const content = write(3000);
  server.after(once("PUT", "comp=blocklist", []() -> http::Response { test::lose_connection("no answer came"); }));
  auto const report = upload();
  EXPECT_EQ(report.files + report.skipped, 1U);
  EXPECT_TRUE(stored() == content);
}

TEST_F(UploadBlocks, SignatureEndsBetweenBlocks_OnlyRefusedBlocksAreSentAgain) {
  auto const content = write(30'000);
  std::atomic<int> seen{0}, renewals{0};
  std::mutex mutex;  // Whoever is refused because of the new signature must find it.
  std::string fresh;
  renew = [&](Context const&) {
    ++renewals;
    std::lock_guard const lock(mutex);
    return fresh;
  };
  server.before([&](SentRequest const& request) -> std::optional<http::Response> {
    if (request.url.find("comp=block&") != std::string::npos && seen.fetch_add(1) == 10) {
      std::lock_guard const lock(mutex);
      fresh = server.renew_signature();
    }
    return std::nullopt;
  });
  EXPECT_EQ(upload().bytes, 30'000U);
  EXPECT_TRUE(stored() == content);
  EXPECT_EQ(renewals, 1);
  EXPECT_LE(server.requests("PUT", "comp=block&").size(), 34U) << "thirty, and what was on its way";
}

TEST_F(UploadBlocks, DamagedBlock_IsSentAgain) {
  auto const content = write(9500);
  server.before(once("PUT", "comp=block&", [] { return blob_error(400, "Md5Mismatch"); }));
  EXPECT_EQ(upload().bytes, 9500U);
  EXPECT_TRUE(stored() == content);
}

TEST_F(UploadBlocks, DamagedBlockLargerThanABuffer_IsSentAgainFromTheFile) {
  options.limits = {.threads = 2, .block = 1, .buffers = 3};
  auto const content = write(60'000);
  server.before(once("PUT", "comp=block&", [] { return blob_error(400, "Md5Mismatch"); }));
  EXPECT_EQ(upload().bytes, 60'000U);
  EXPECT_TRUE(stored() == content);
}

TEST_F(UploadBlocks, StoppedAtEachBlockInTurn_ResumesWithoutSendingABlockTwice) {
  auto const content = write(19'500);
  std::mutex mutex;
  std::map<std::string, int> taken;
  std::uint64_t resumed = 0;
  int stops = 0;
  for (bool done = false; !done;) {
    std::stop_source stop;
    std::atomic<int> left{1};
    server.after([&](SentRequest const& request) -> std::optional<http::Response> {
      if (request.url.find("comp=block&") == std::string::npos) return std::nullopt;
      std::lock_guard const lock(mutex);
      ++taken[request.url];
      if (left.fetch_sub(1) == 0) stop.request_stop();
      return std::nullopt;
    });
    try {
      resumed = upload({.stop = stop.get_token()}).resumed_bytes;
      done = true;
    } catch (StoppedError const&) {
      ASSERT_LT(++stops, 20);
      EXPECT_EQ(stored(), "not there");
    }
  }
  EXPECT_TRUE(stored() == content);
  EXPECT_GE(stops, 3);
  EXPECT_GT(resumed, 10'000U);
  EXPECT_THAT(taken, SizeIs(20));
  for (auto const& [url, times] : taken) EXPECT_EQ(times, 1) << url;
}

/// Loses the first block it sees, whenever that is sent; another one, which is on its way at the time, takes until long after.
class OneLostBlock final : public http::Transport {
 public:
  explicit OneLostBlock(std::shared_ptr<http::Transport> inner) : inner_(std::move(inner)) {}
  http::Response send(http::Request const& request, Context const& context) override {
    if (request.url.find("comp=block&") != std::string::npos) {
      std::unique_lock lock(mutex_);
      if (lost_.empty()) lost_ = request.url;
      if (request.url == lost_) {
        changed_.wait(lock, context.stop, [this] { return slow_; });
        lock.unlock();
        test::lose_connection("reset");
      }
      if (!std::exchange(slow_, true)) {
        changed_.notify_all();
        changed_.wait_for(lock, context.stop, std::chrono::milliseconds(300), [] { return false; });
        if (context.stop.stop_requested()) throw core::make_error<StoppedError>("given up");
      }
    }
    return inner_->send(request, context);
  }

 private:
  std::shared_ptr<http::Transport> inner_;
  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  std::string lost_{};
  bool slow_ = false;
};

TEST_F(UploadBlocks, ConnectionOfOneBlockIsLost_WhatIsOnItsWayBesideItIsSentToItsEnd) {
  write(2000);
  http::PipelineOptions with{.transport = std::make_shared<OneLostBlock>(blobs.server), .clock = &blobs.clock};
  transfer::ContainerAddresses addresses(test::BlobServer::container());
  EXPECT_THROW(
      transfer::upload_files(http::Pipeline(with), addresses, test::set_of(root.path(), "my project/"), options, {}),
      TransportError);
  EXPECT_THAT(server.uncommitted(name), SizeIs(1));
  EXPECT_EQ(upload().resumed_bytes, 1000U);
}

TEST_F(UploadBlocks, ProgressOfAResumedFile_CountsWhatWasThere) {
  auto const content = write(3000);
  auto const block = content.substr(0, 1000);
  server.put_block(name, block_id(0, md5(block)), block);
  std::uint64_t done = 0;
  options.on_progress = [&](TransferProgress const& progress) { done = progress.bytes_done; };
  upload();
  EXPECT_EQ(done, 3000U);
}

}  // namespace
}  // namespace azureml::transfer
