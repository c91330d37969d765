#include "routes_fixture.hpp"

#include "base/digest.hpp"
#include "engine/routes/block_ledger.hpp"
#include "engine/routes/block_list.hpp"
#include "engine/routes/staged_file.hpp"
#include "engine/routes/staging.hpp"

#include <fcntl.h>
#include <utime.h>

#include <fstream>

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string id(std::string const& text) {
  return base::to_base64(text);
}

class BlocksTest : public RoutesTest {
 protected:
  void SetUp() override {
    RoutesTest::SetUp();
    store_->add_container("box");
  }
  Asked blob(std::string const& method, std::string const& query, std::string const& body = {},
             Headers headers = {}) const {
    return {.method = method,
            .address = "/" + identity_.storage_account + "/box/big" + (query.empty() ? "" : "?" + query),
            .body = body,
            .headers = std::move(headers),
            .check_signature = false};
  }
  Reply put_block(std::string const& name, std::string const& body) {
    return ask(blob("PUT", "comp=block&blockid=" + base::percent_encode(id(name)), body));
  }
  static std::string list_of(std::string const& kinds_and_names) {
    std::string text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
    std::map<char, std::string> const kinds{{'L', "Latest"}, {'C', "Committed"}, {'U', "Uncommitted"}};
    for (std::size_t i = 0; i + 2 < kinds_and_names.size() + 1; i += 4) {
      auto const& kind = kinds.at(kinds_and_names[i]);
      text += "<" + kind + ">" + id(kinds_and_names.substr(i + 1, 2)) + "</" + kind + ">";
    }
    return text + "</BlockList>";
  }
  Reply put_list(std::string const& kinds_and_names, Headers headers = {}) {
    return ask(blob("PUT", "comp=blocklist", list_of(kinds_and_names), std::move(headers)));
  }
  ApiError list_refusal(std::string const& kinds_and_names) {
    return refusal(blob("PUT", "comp=blocklist", list_of(kinds_and_names)));
  }
  std::string content() { return text_of(ask(blob("GET", ""))); }
  std::string block_list(std::string const& type) {
    auto const text = ask(blob("GET", "comp=blocklist" + (type.empty() ? "" : "&blocklisttype=" + type))).body;
    return text.substr(text.find("<BlockList>"));
  }
  static std::string md5(std::string const& text) { return base::to_base64(base::Digest::md5().update(text).finish()); }
};

TEST_F(BlocksTest, ListOfBlocks_TellsWhatWaitsAndWhatIsTheBlob) {
  EXPECT_EQ(refusal(blob("GET", "comp=blocklist&blocklisttype=all")).code, "BlobNotFound");
  put_block("02", "world");
  put_block("01", "hello ");
  EXPECT_EQ(block_list("uncommitted"),
            "<BlockList><UncommittedBlocks><Block><Name>MDE=</Name><Size>6</Size></Block><Block><Name>MDI=</"
            "Name><Size>5</Size>"
            "</Block></UncommittedBlocks></BlockList>");
  EXPECT_EQ(block_list(""), "<BlockList><CommittedBlocks /></BlockList>");
  put_list("L01,L02");
  EXPECT_EQ(
      block_list("committed"),
      "<BlockList><CommittedBlocks><Block><Name>MDE=</Name><Size>6</Size></Block><Block><Name>MDI=</Name><Size>5</Size>"
      "</Block></CommittedBlocks></BlockList>");
  put_block("03", "!");
  EXPECT_EQ(block_list("all"),
            "<BlockList><CommittedBlocks><Block><Name>MDE=</Name><Size>6</Size></Block><Block><Name>MDI=</"
            "Name><Size>5</Size></Block>"
            "</CommittedBlocks><UncommittedBlocks><Block><Name>MDM=</Name><Size>1</Size></Block></UncommittedBlocks></"
            "BlockList>");
  auto const reply = ask(blob("GET", "comp=blocklist&blocklisttype=all"));
  EXPECT_EQ(reply.headers.at("x-ms-blob-content-length"), "11");
  EXPECT_TRUE(reply.headers.contains("ETag"));
  EXPECT_EQ(refusal(blob("GET", "comp=blocklist&blocklisttype=x")).status, 400);
}

TEST_F(BlocksTest, CommittedBlocks_CanBeNamedAgain) {
  put_block("01", "aaa");
  put_block("02", "bb");
  put_list("L01,L02");
  put_block("03", "c");
  put_block("02", "BB");
  put_list("C02,U03,L02,C01");
  EXPECT_EQ(content(), "bbcBBaaa");
  EXPECT_EQ(list_refusal("U01").code, "InvalidBlockList") << "it waits no more";
  EXPECT_EQ(list_refusal("C09").code, "InvalidBlockList");
  put_list("L03,L03");
  EXPECT_EQ(content(), "cc");
  EXPECT_EQ(list_refusal("C01").code, "InvalidBlockList") << "the last list left it out";
}

TEST_F(BlocksTest, BlobPutWhole_HasNoBlocks) {
  ask(blob("PUT", "", "whole", {{"x-ms-blob-type", "BlockBlob"}}));
  EXPECT_EQ(block_list("committed"), "<BlockList><CommittedBlocks /></BlockList>");
  EXPECT_EQ(list_refusal("L01").code, "InvalidBlockList");
  EXPECT_EQ(content(), "whole");
}

TEST_F(BlocksTest, Hashes_AreOfTheListAndOfTheBlob) {
  put_block("01", "hello ");
  put_block("02", "world");
  auto const list = list_of("L01,L02");
  EXPECT_EQ(refusal(blob("PUT", "comp=blocklist", list, {{"Content-MD5", md5("x")}})).code, "Md5Mismatch");
  auto const reply =
      ask(blob("PUT", "comp=blocklist", list,
               {{"Content-MD5", md5(list)}, {"x-ms-blob-content-md5", md5("hello world")}, {"x-ms-meta-k", "v"}}));
  EXPECT_EQ(reply.headers.at("Content-MD5"), md5(list));
  auto const head = ask(blob("HEAD", ""));
  EXPECT_EQ(head.headers.at("Content-MD5"), md5("hello world"));
  EXPECT_EQ(head.headers.at("x-ms-meta-k"), "v");
  EXPECT_EQ(refusal(blob("PUT", "comp=block&blockid=MDE%3D", "x", {{"Content-MD5", md5("y")}})).code, "Md5Mismatch");
}

TEST_F(BlocksTest, HashGivenWithTheList_IsKeptAsItIs) {
  put_block("01", "hello ");
  put_block("02", "world");
  auto const list = list_of("L01,L02");
  for (auto const* wrong : {"x", "AAAA", "?"}) {
    EXPECT_EQ(refusal(blob("PUT", "comp=blocklist", list, {{"x-ms-blob-content-md5", wrong}})).code, "InvalidMd5");
  }
  EXPECT_EQ(put_list("L01,L02", {{"x-ms-blob-content-md5", md5("as the client says")}}).status, 201);
  EXPECT_EQ(ask(blob("HEAD", "")).headers.at("Content-MD5"), md5("as the client says"));
  EXPECT_EQ(content(), "hello world");
}

TEST_F(BlocksTest, ListWithoutAHash_HasTheHashOfItsBytes) {
  put_block("01", "hello ");
  put_block("02", "world");
  put_list("L01,L02");
  EXPECT_EQ(ask(blob("HEAD", "")).headers.at("Content-MD5"), md5("hello world"));
  put_list("C02,C02");
  EXPECT_EQ(ask(blob("HEAD", "")).headers.at("Content-MD5"), md5("worldworld"));
  put_list("", {{"x-ms-blob-content-md5", ""}});
  EXPECT_EQ(ask(blob("HEAD", "")).headers.at("Content-MD5"), md5(""));
}

TEST_F(BlocksTest, FailedLists_LeaveTheBlocksForTheNext) {
  std::string const large(100'000, 'a');
  for (auto const& hash : {std::string{}, md5(large + "b")}) {
    put_block("01", large);
    put_block("02", "b");
    Headers const headers = hash.empty() ? Headers{} : Headers{{"x-ms-blob-content-md5", hash}};
    auto const refused = [&](std::string const& names, Headers more) {
      more.insert(headers.begin(), headers.end());
      return refusal(blob("PUT", "comp=blocklist", list_of(names), std::move(more))).code;
    };
    EXPECT_EQ(refused("L01,L02,L09", {}), "InvalidBlockList");
    EXPECT_EQ(refused("L01,L02", {{"Content-MD5", md5("x")}}), "Md5Mismatch");
    EXPECT_EQ(refused("L01,L02", {{"If-Match", "\"0x1\""}}), "ConditionNotMet");
    // Seen at the very last step only.
    auto below = blob("PUT", "", "x", {{"x-ms-blob-type", "BlockBlob"}});
    below.address += "/below";
    ASSERT_EQ(ask(below).status, 201);
    EXPECT_EQ(refused("L01,L02", {}), "BlobNameConflict");
    below.method = "DELETE";
    ASSERT_EQ(ask(below).status, 202);
    EXPECT_THAT(block_list("uncommitted"), HasSubstr("<Name>MDE=</Name><Size>100000</Size>"));
    EXPECT_EQ(put_list("L01,L02", headers).status, 201);
    EXPECT_TRUE(content() == large + "b");
    EXPECT_THAT(block_list("uncommitted"), HasSubstr("<UncommittedBlocks />"));
    ASSERT_EQ(ask(blob("DELETE", "")).status, 202);
  }
}

TEST_F(BlocksTest, BlocksFromBeforeTheSystemStarted_AreNeitherListedNorUsed) {
  put_block("01", "a");
  auto const blocks = block_directory(home_, "box", "big").parent_path();
  auto const of_before = blocks.parent_path() / "blocks-00000000-0000-4000-8000-000000000000";
  std::filesystem::rename(blocks, of_before);
  EXPECT_EQ(refusal(blob("GET", "comp=blocklist&blocklisttype=all")).code, "BlobNotFound");
  EXPECT_EQ(list_refusal("L01").code, "InvalidBlockList");
  put_block("002", "b");
  clean_staging(home_, std::chrono::system_clock::now());
  EXPECT_FALSE(std::filesystem::exists(of_before));
  put_list("");
  EXPECT_EQ(content(), "");
}

TEST_F(BlocksTest, FileThatIsNotHashed_TakesPiecesOfOtherFiles) {
  StagedFile source{staging_directory(home_)}, target{staging_directory(home_), {.hashed = false}};
  source.write("0123456789");
  source.finish();
  EXPECT_EQ(source.md5(), md5("0123456789"));
  source.move_to(directory_ / "source");
  base::UniqueFd const file{::open((directory_ / "source").c_str(), O_RDONLY | O_CLOEXEC)};
  target.write("<");
  EXPECT_EQ(target.append(file.get(), 3, 4), 4U);
  EXPECT_EQ(target.append(file.get(), 8, 4), 2U);
  target.write(">");
  target.sync();
  EXPECT_EQ(target.size(), 8U);
  EXPECT_EQ(target.md5(), "");
  target.move_to(directory_ / "target");
  std::ifstream in{directory_ / "target"};
  std::string text;
  std::getline(in, text);
  EXPECT_EQ(text, "<345689>");
}

TEST_F(BlocksTest, Conditions_HoldForTheListToo) {
  put_block("01", "a");
  put_list("L01", {{"If-None-Match", "*"}});
  put_block("01", "b");
  EXPECT_EQ(refusal(blob("PUT", "comp=blocklist", list_of("L01"), {{"If-None-Match", "*"}})).code, "BlobAlreadyExists");
  EXPECT_EQ(refusal(blob("PUT", "comp=blocklist", list_of("L01"), {{"If-Match", "\"0x1\""}})).code, "ConditionNotMet");
  EXPECT_EQ(content(), "a");
}

TEST_F(BlocksTest, LargeBlocks_ArePutTogetherInPieces) {
  std::string const first(9 << 20, 'a'), second(5 << 20, 'b');
  put_block("01", first);
  put_block("02", second);
  put_block("03", "");
  put_list("L01,L03,L02");
  EXPECT_EQ(content(), first + second);
}

TEST_F(BlocksTest, IdOfAnotherLength_IsRefused) {
  put_block("01", "a");
  EXPECT_EQ(refusal(blob("PUT", "comp=block&blockid=" + base::percent_encode(id("001")), "x")).code,
            "InvalidBlobOrBlock");
  put_list("L01");
  EXPECT_EQ(put_block("001", "a").status, 201) << "the blocks before have become the blob";
}

TEST_F(BlocksTest, TooManyOrTooLargeBlocks_AreRefused) {
  BlockLedger ledger{{.count = 2, .bytes = 10}};
  auto const place = [&](std::string const& name, std::string const& text) -> int {
    StagedFile file{staging_directory(home_)};
    file.write(text);
    file.sync();
    try {
      ledger.place(file, block_directory(home_, "box", "b"), name);
    } catch (ApiError const& error) {
      return error.status;
    }
    return 201;
  };
  EXPECT_EQ(place("aa", "12345"), 201);
  EXPECT_EQ(place("bb", "123456"), 413);
  EXPECT_EQ(place("bb", "12345"), 201);
  EXPECT_EQ(place("cc", ""), 409);
  EXPECT_EQ(place("aa", "123"), 201) << "a block may be sent again";
  EXPECT_EQ(place("bb", "1234567"), 201);
  BlockLedger anew{{.count = 2, .bytes = 10}};
  StagedFile file{staging_directory(home_)};
  EXPECT_THROW(anew.place(file, block_directory(home_, "box", "b"), "cc"), ApiError) << "counted from the folder";
  std::filesystem::remove_all(block_directory(home_, "box", "b"));
  EXPECT_EQ(place("cc", "1"), 201) << "the folder was thrown away";
}

TEST_F(BlocksTest, WhatAKilledEngineLeft_IsRemovedAtTheNextStart) {
  put_block("01", "a");
  auto const staging = staging_directory(home_);
  std::ofstream{staging / "upload-abc"} << "half";
  std::filesystem::create_directories(staging / "trash-1" / "x");
  std::ofstream{staging / "other"} << "not ours";
  clean_staging(home_, std::chrono::system_clock::now());
  EXPECT_FALSE(std::filesystem::exists(staging / "upload-abc"));
  EXPECT_FALSE(std::filesystem::exists(staging / "trash-1"));
  EXPECT_TRUE(std::filesystem::exists(staging / "other"));
  put_list("L01");
  EXPECT_EQ(content(), "a") << "blocks outlive the engine";
}

TEST_F(BlocksTest, OldBlocks_AreThrownAway) {
  put_block("01", "a");
  auto const directory = block_directory(home_, "box", "big");
  auto const now = std::chrono::system_clock::now();
  remove_old_blocks(home_, now + kBlocksKept - std::chrono::minutes(5));
  EXPECT_TRUE(std::filesystem::exists(directory));
  remove_old_blocks(home_, now + kBlocksKept + std::chrono::minutes(5));
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_EQ(list_refusal("L01").code, "InvalidBlockList");
  EXPECT_EQ(put_block("02", "b").status, 201);
  put_list("L02");
  EXPECT_EQ(content(), "b");
}

TEST_F(BlocksTest, DiskWithoutRoom_IsSaidBeforeTheBytes) {
  EXPECT_NO_THROW(check_room(home_, 1));
  try {
    check_room(home_, std::uint64_t{1} << 62);
    FAIL();
  } catch (ApiError const& error) {
    EXPECT_EQ(error.status, 507);
    EXPECT_EQ(error.code, "InsufficientStorage");
    EXPECT_THAT(error.message, HasSubstr("MiB left"));
  }
}

TEST(BlockList, KindsAndIds_AreRead) {
  using From = ListedBlock::From;
  EXPECT_EQ(
      parse_block_list(
          "<BlockList><Latest>YQ==</Latest><Committed>Yg==</Committed>\n<Uncommitted> Yw== </Uncommitted></BlockList>"),
      (std::vector<ListedBlock>{{From::latest, "YQ=="}, {From::committed, "Yg=="}, {From::uncommitted, "Yw=="}}));
  EXPECT_EQ(block_id_of(block_file_name("YWJj")), "YWJj");
  EXPECT_EQ(block_id_of("zz"), "");
}

}  // namespace
}  // namespace azureml::engine::routes
