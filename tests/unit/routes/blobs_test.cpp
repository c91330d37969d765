#include "routes_fixture.hpp"

#include "base/digest.hpp"
#include "engine/routes/block_list.hpp"
#include "engine/routes/sas.hpp"

#include <fstream>

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BlobsTest : public RoutesTest {
 protected:
  void SetUp() override {
    RoutesTest::SetUp();
    store_->add_container("box");
  }
  Asked blob(std::string const& method, std::string const& name, std::string const& query = {}, std::string const& body = {}, Headers headers = {}) const {
    if (method == "PUT" && query.empty()) headers.try_emplace("x-ms-blob-type", "BlockBlob");
    return {.method = method,
            .address = "/" + identity_.storage_account + "/box" + (name.empty() ? "" : "/" + base::percent_encode(name, "/")) + (query.empty() ? "" : "?" + query),
            .body = body,
            .headers = std::move(headers),
            .check_signature = false};
  }
  static std::string md5(std::string const& text) { return base::to_base64(base::Digest::md5().update(text).finish()); }
  [[nodiscard]] std::size_t staged() const {
    std::size_t count = 0;
    std::error_code error;
    for (auto const& each : std::filesystem::recursive_directory_iterator(home_.blobs() / ".staging", error)) count += each.is_regular_file() ? 1 : 0;
    return count;
  }
};

TEST_F(BlobsTest, PutThenGet_GivesTheSameBytesAndHeaders) {
  std::string const text("line\n\0\xff" "end", 10);
  auto const put = ask(blob("PUT", "src/a b.py", {}, text, {{"Content-Type", "text/x-python"}, {"x-ms-meta-Name", "v"}, {"Content-MD5", md5(text)}}));
  EXPECT_EQ(put.status, 201);
  EXPECT_EQ(put.headers.at("Content-MD5"), md5(text));
  auto const got = ask(blob("GET", "src/a b.py"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(text_of(got), text);
  EXPECT_EQ(got.headers.at("ETag"), put.headers.at("ETag"));
  EXPECT_EQ(got.headers.at("Content-Type"), "text/x-python");
  EXPECT_EQ(got.headers.at("Content-MD5"), md5(text));
  EXPECT_EQ(got.headers.at("x-ms-meta-name"), "v");
  EXPECT_EQ(got.headers.at("x-ms-blob-type"), "BlockBlob");
  EXPECT_TRUE(std::filesystem::exists(home_.blobs() / "box" / "src" / "a b.py"));
  EXPECT_EQ(staged(), 0U);
}

TEST_F(BlobsTest, Ranges_AreServedAndRefused) {
  ask(blob("PUT", "a", {}, "0123456789"));
  auto const part = ask(blob("GET", "a", {}, {}, {{"Range", "bytes=2-4"}}));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(text_of(part), "234");
  EXPECT_EQ(part.headers.at("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(part.headers.at("x-ms-blob-content-md5"), md5("0123456789"));
  EXPECT_FALSE(part.headers.contains("Content-MD5"));
  EXPECT_EQ(text_of(ask(blob("GET", "a", {}, {}, {{"Range", "bytes=0-1"}, {"x-ms-range", "bytes=8-"}}))), "89");
  auto const error = refusal(blob("GET", "a", {}, {}, {{"Range", "bytes=10-"}}));
  EXPECT_EQ(error.status, 416);
  EXPECT_EQ(error.code, "InvalidRange");
  EXPECT_EQ(error.headers.at("Content-Range"), "bytes */10");
}

TEST_F(BlobsTest, EmptyBlob_HasNoRangeButCanBeRead) {
  EXPECT_EQ(ask(blob("PUT", "empty")).status, 201);
  auto const error = refusal(blob("GET", "empty", {}, {}, {{"x-ms-range", "bytes=0-33554431"}}));
  EXPECT_EQ(error.status, 416);
  EXPECT_EQ(error.headers.at("Content-Range"), "bytes */0");
  auto const got = ask(blob("GET", "empty"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.file->length, 0U);
}

TEST_F(BlobsTest, WrongMd5_LeavesNothing) {
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "text", {{"Content-MD5", md5("other")}})).code, "Md5Mismatch");
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "text", {{"Content-MD5", "AAAA"}})).code, "InvalidMd5");
  EXPECT_EQ(refusal(blob("GET", "a")).code, "BlobNotFound");
  EXPECT_FALSE(std::filesystem::exists(home_.blobs() / "box" / "a"));
  EXPECT_EQ(staged(), 0U);
}

TEST_F(BlobsTest, Conditions_AreKept) {
  auto const first = ask(blob("PUT", "a", {}, "1", {{"If-None-Match", "*"}}));
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "2", {{"If-None-Match", "*"}})).code, "BlobAlreadyExists");
  EXPECT_EQ(text_of(ask(blob("GET", "a"))), "1");
  auto const second = ask(blob("PUT", "a", {}, "2"));
  EXPECT_NE(second.headers.at("ETag"), first.headers.at("ETag"));
  EXPECT_EQ(refusal(blob("GET", "a", {}, {}, {{"If-Match", first.headers.at("ETag")}})).status, 412);
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "3", {{"If-Match", first.headers.at("ETag")}})).status, 412);
  EXPECT_EQ(ask(blob("GET", "a", {}, {}, {{"If-None-Match", second.headers.at("ETag")}})).status, 304);
}

TEST_F(BlobsTest, NameThatIsFileAndFolder_IsAConflict) {
  ask(blob("PUT", "a", {}, "1"));
  ask(blob("PUT", "b/c", {}, "1"));
  EXPECT_EQ(refusal(blob("PUT", "a/b", {}, "2")).status, 409);
  EXPECT_EQ(refusal(blob("PUT", "a/b/c", {}, "2")).status, 409);
  EXPECT_EQ(refusal(blob("PUT", "b", {}, "2")).status, 409);
  EXPECT_EQ(text_of(ask(blob("GET", "a"))), "1");
  EXPECT_EQ(staged(), 0U);
}

TEST_F(BlobsTest, NastyNames_AreRefusedAndNothingIsWritten) {
  for (std::string const name : {"../x", "a/../../x", "..", "a/./b", "a//b", "a/", "a\\b", "a\nb", "\xff", "%00"}) {
    if (name == "%00") {
      EXPECT_EQ(refusal({.method = "PUT", .address = "/" + identity_.storage_account + "/box/a%00b", .body = "x",
                         .headers = {{"x-ms-blob-type", "BlockBlob"}}, .check_signature = false}).status, 400);
      continue;
    }
    EXPECT_EQ(refusal(blob("PUT", name, {}, "x")).code, "InvalidResourceName") << name;
    EXPECT_EQ(refusal(blob("GET", name)).code, "InvalidResourceName") << name;
  }
  EXPECT_FALSE(std::filesystem::exists(home_.blobs() / "box"));
  EXPECT_FALSE(std::filesystem::exists(home_.blobs() / "x"));
}

TEST_F(BlobsTest, OtherContainers_AreNotThere) {
  for (std::string const container : {"absent", ".staging", "..", "BOX"}) {
    auto const address = "/" + identity_.storage_account + "/" + container + "/a";
    EXPECT_EQ(refusal({.address = address, .check_signature = false}).code, "ContainerNotFound") << container;
    EXPECT_EQ(refusal({.method = "PUT", .address = address, .headers = {{"x-ms-blob-type", "BlockBlob"}}, .check_signature = false}).code, "ContainerNotFound");
  }
}

TEST_F(BlobsTest, Metadata_IsReplacedByItsOwnRequest) {
  auto const put = ask(blob("PUT", "a", {}, "1", {{"x-ms-meta-old", "1"}}));
  auto const set = ask(blob("PUT", "a", "comp=metadata", {}, {{"x-ms-meta-upload_status", "completed"}}));
  EXPECT_EQ(set.status, 200);
  EXPECT_NE(set.headers.at("ETag"), put.headers.at("ETag"));
  auto const head = ask(blob("HEAD", "a"));
  EXPECT_EQ(head.headers.at("x-ms-meta-upload_status"), "completed");
  EXPECT_FALSE(head.headers.contains("x-ms-meta-old"));
  EXPECT_EQ(refusal(blob("PUT", "absent", "comp=metadata")).code, "BlobNotFound");
}

TEST_F(BlobsTest, Blocks_BecomeABlobByTheirList) {
  auto const id = [](std::string const& text) { return base::percent_encode(base::to_base64(text)); };
  EXPECT_EQ(ask(blob("PUT", "big", "comp=block&blockid=" + id("01"), "hello ")).status, 201);
  EXPECT_EQ(ask(blob("PUT", "big", "comp=block&blockid=" + id("02"), "world")).status, 201);
  EXPECT_EQ(refusal(blob("GET", "big")).code, "BlobNotFound");
  auto const list = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList>\n<Latest>" + base::to_base64("02") + "</Latest><Uncommitted>" + base::to_base64("01") +
                    "</Uncommitted></BlockList>";
  EXPECT_EQ(refusal(blob("PUT", "big", "comp=blocklist", "<BlockList><Latest>" + base::to_base64("03") + "</Latest></BlockList>")).code, "InvalidBlockList");
  EXPECT_EQ(ask(blob("PUT", "big", "comp=blocklist", list, {{"x-ms-blob-content-type", "text/plain"}})).status, 201);
  auto const got = ask(blob("GET", "big"));
  EXPECT_EQ(text_of(got), "worldhello ");
  EXPECT_EQ(got.headers.at("Content-Type"), "text/plain");
  EXPECT_EQ(staged(), 0U);
}

TEST_F(BlobsTest, BadBlocks_AreRefused) {
  for (auto const* id : {"", "x", "..%2F..%2Fx"}) EXPECT_EQ(refusal(blob("PUT", "a", std::string("comp=block&blockid=") + id, "x")).status, 400) << id;
  EXPECT_EQ(refusal(blob("PUT", "a", "comp=block&blockid=" + base::percent_encode(base::to_base64(std::string(65, 'a'))), "x")).status, 400);
  for (auto const* list : {"", "x", "<BlockList>", "<BlockList><Latest>a</BlockList>", "<BlockList><Other>a</Other></BlockList>", "<BlockList></BlockList>x"}) {
    EXPECT_EQ(refusal(blob("PUT", "a", "comp=blocklist", list)).code, "InvalidXmlDocument") << list;
  }
  EXPECT_EQ(refusal(blob("PUT", "a", "comp=blocklist", "<BlockList><Committed>YQ==</Committed></BlockList>")).code, "InvalidBlockList");
  EXPECT_EQ(parse_block_list("<BlockList/>").size(), 0U);
}

TEST_F(BlobsTest, OtherOperations_AreRefused) {
  ask(blob("PUT", "a", {}, "1"));
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "x", {{"x-ms-blob-type", "PageBlob"}})).status, 400);
  EXPECT_EQ(refusal(blob("PUT", "a", "comp=appendblock", "x")).status, 501);
  EXPECT_EQ(refusal(blob("PUT", "a", "comp=lease")).status, 501);
  EXPECT_EQ(refusal(blob("GET", "a", "comp=tags")).status, 501);
  EXPECT_EQ(refusal(blob("GET", "", "")).status, 400);
  EXPECT_EQ(refusal(blob("GET", "", "restype=container&comp=acl")).status, 501);
  EXPECT_EQ(refusal(blob("DELETE", "a", "comp=x")).status, 501);
  EXPECT_EQ(text_of(ask(blob("GET", "a"))), "1");
}

TEST_F(BlobsTest, List_IsXmlWithPagesAndFolders) {
  for (auto const* name : {"src/a&b.py", "src/lib/x", "src/lib/y", "src/z", "other"}) ask(blob("PUT", name, {}, "text", {{"x-ms-meta-k", "v"}}));
  auto const all = ask(blob("GET", "", "restype=container&comp=list&include=metadata")).body;
  EXPECT_TRUE(all.starts_with("\xef\xbb\xbf<?xml"));
  EXPECT_THAT(all, HasSubstr("<Name>src/a&amp;b.py</Name>"));
  EXPECT_THAT(all, HasSubstr("<Content-Length>4</Content-Length>"));
  EXPECT_THAT(all, HasSubstr("<Metadata><k>v</k></Metadata>"));
  EXPECT_THAT(all, HasSubstr("<NextMarker />"));
  EXPECT_THAT(all, Not(HasSubstr("<Etag>\"")));

  std::string text;
  std::string marker;
  int pages = 0;
  do {
    auto const page = ask(blob("GET", "", "restype=container&comp=list&prefix=src/&delimiter=/&maxresults=1&marker=" + marker)).body;
    text += page;
    auto const begin = page.find("<NextMarker>");
    marker = begin == std::string::npos ? "" : page.substr(begin + 12, page.find("</NextMarker>") - begin - 12);
  } while (!marker.empty() && ++pages < 10);
  EXPECT_EQ(pages, 2);
  EXPECT_THAT(text, HasSubstr("<BlobPrefix><Name>src/lib/</Name></BlobPrefix>"));
  EXPECT_THAT(text, HasSubstr("<Name>src/z</Name>"));
  EXPECT_THAT(text, Not(HasSubstr("src/lib/x")));
  EXPECT_THAT(text, Not(HasSubstr("<Name>other")));
}

TEST_F(BlobsTest, ListOfArtifacts_IsOfTheOneRunNamed) {
  for (auto const* run : {"a_1", "a_10"}) {
    store_->add_job({.name = run, .experiment = "e", .definition = "{}"});
    write_artifact(run, "user_logs/std_log.txt", run);
  }
  auto const list = [&](std::string const& prefix) {
    return ask({.address = "/" + identity_.storage_account + "/azureml?restype=container&comp=list&prefix=" + prefix, .check_signature = false}).body;
  };
  for (auto const* prefix : {"ExperimentRun/dcid.a_1", "ExperimentRun/dcid.a_1/", "ExperimentRun/dcid.a_1/user_logs/"}) {
    EXPECT_THAT(list(prefix), HasSubstr("<Name>ExperimentRun/dcid.a_1/user_logs/std_log.txt</Name>")) << prefix;
    EXPECT_THAT(list(prefix), Not(HasSubstr("a_10"))) << prefix;
  }
  for (auto const* prefix : {"", "ExperimentRun/", "ExperimentRun/dcid.", "ExperimentRun/dcid...%2F"}) EXPECT_THAT(list(prefix), HasSubstr("<Blobs></Blobs>")) << prefix;
}

TEST_F(BlobsTest, Deleting_RemovesTheBlobAndFreesItsName) {
  auto const put = ask(blob("PUT", "a/b/c", {}, "1"));
  ask(blob("PUT", "a/d", {}, "2"));
  EXPECT_EQ(refusal(blob("DELETE", "a/b/c", {}, {}, {{"If-Match", "\"0x1\""}})).status, 412);
  EXPECT_EQ(refusal(blob("DELETE", "a/b/c", {}, {}, {{"If-None-Match", put.headers.at("ETag")}})).status, 412);
  EXPECT_EQ(ask(blob("DELETE", "a/b/c", {}, {}, {{"If-Match", put.headers.at("ETag")}})).status, 202);
  EXPECT_EQ(refusal(blob("DELETE", "a/b/c")).code, "BlobNotFound");
  EXPECT_EQ(refusal(blob("GET", "a/b/c")).code, "BlobNotFound");
  EXPECT_FALSE(std::filesystem::exists(home_.blobs() / "box" / "a" / "b"));
  EXPECT_EQ(ask(blob("PUT", "a/b", {}, "3")).status, 201) << "what was a folder may be a blob now";
  EXPECT_EQ(text_of(ask(blob("GET", "a/d"))), "2");
}

TEST_F(BlobsTest, Containers_AreMadeOnce) {
  auto const container = [&](std::string const& method, std::string const& name, std::string const& query = "restype=container") {
    return Asked{.method = method, .address = "/" + identity_.storage_account + "/" + name + "?" + query, .check_signature = false};
  };
  auto const made = ask(container("PUT", "new-box"));
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(ask(container("HEAD", "new-box")).headers.at("ETag"), made.headers.at("ETag"));
  EXPECT_EQ(ask(container("GET", "azureml")).status, 200);
  for (auto const* there : {"new-box", "azureml", "box"}) EXPECT_EQ(refusal(container("PUT", there)).code, "ContainerAlreadyExists") << there;
  EXPECT_EQ(refusal(container("PUT", "azureml-blobstore-" + identity_.workspace_id)).code, "ContainerAlreadyExists");
  for (auto const* name : {"Box", "a", "-ab", "a--b", "..", ".staging"}) EXPECT_EQ(refusal(container("PUT", name)).code, "InvalidResourceName") << name;
  EXPECT_EQ(refusal(container("HEAD", "absent")).code, "ContainerNotFound");
  EXPECT_EQ(refusal(container("PUT", "other", "x=y")).status, 400);
}

TEST_F(BlobsTest, ConditionsByTime_AreKept) {
  auto const put = ask(blob("PUT", "a", {}, "1"));
  auto const then = put.headers.at("Last-Modified");
  constexpr char kBefore[] = "Tue, 01 Jan 2019 00:00:00 GMT";
  EXPECT_EQ(ask(blob("GET", "a", {}, {}, {{"If-Modified-Since", then}})).status, 304);
  EXPECT_EQ(ask(blob("HEAD", "a", {}, {}, {{"If-Modified-Since", kBefore}})).status, 200);
  EXPECT_EQ(ask(blob("GET", "a", {}, {}, {{"If-Unmodified-Since", then}})).status, 200);
  EXPECT_EQ(refusal(blob("GET", "a", {}, {}, {{"If-Unmodified-Since", kBefore}})).status, 412);
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "2", {{"If-Unmodified-Since", kBefore}})).status, 412);
}

TEST_F(BlobsTest, ETags_MayBeWrittenWithoutQuotesAndInLists) {
  auto const etag = ask(blob("PUT", "a", {}, "1")).headers.at("ETag");
  auto const bare = etag.substr(1, etag.size() - 2);
  EXPECT_EQ(ask(blob("GET", "a", {}, {}, {{"If-Match", bare}})).status, 200);
  EXPECT_EQ(ask(blob("GET", "a", {}, {}, {{"If-Match", "\"0x1\", " + etag}})).status, 200);
  EXPECT_EQ(ask(blob("HEAD", "a", {}, {}, {{"If-None-Match", "*"}})).status, 304);
  EXPECT_EQ(ask(blob("GET", "a", {}, {}, {{"If-None-Match", "\"0x1\""}})).status, 200);
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "2", {{"If-None-Match", etag}})).status, 412);
  EXPECT_EQ(refusal(blob("PUT", "b", {}, "2", {{"If-Match", "*"}})).status, 412);
}

TEST_F(BlobsTest, HashOfARange_IsComputedWhenAskedFor) {
  std::string text(6 << 20, 'x');
  for (std::size_t i = 0; i < text.size(); i += 977) text[i] = static_cast<char>(i);
  ask(blob("PUT", "a", {}, text));
  auto const part = ask(blob("GET", "a", {}, {}, {{"Range", "bytes=1000-3000000"}, {"x-ms-range-get-content-md5", "true"}}));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.headers.at("Content-MD5"), md5(text.substr(1000, 2'999'001)));
  EXPECT_EQ(part.headers.at("x-ms-blob-content-md5"), md5(text));
  EXPECT_EQ(refusal(blob("GET", "a", {}, {}, {{"x-ms-range-get-content-md5", "true"}})).status, 400);
  EXPECT_EQ(refusal(blob("GET", "a", {}, {}, {{"Range", "bytes=0-5242879"}, {"x-ms-range-get-content-md5", "true"}})).status, 400);
}

TEST_F(BlobsTest, MetadataThatTheServiceWouldNotTake_IsRefused) {
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "1", {{"x-ms-meta-1a", "v"}})).code, "InvalidMetadata");
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "1", {{"x-ms-meta-a-b", "v"}})).code, "InvalidMetadata");
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "1", {{"x-ms-meta-a", "\xc3\xa9"}})).code, "InvalidMetadata");
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "1", {{"x-ms-meta-a", std::string(8192, 'x')}})).code, "MetadataTooLarge");
  EXPECT_EQ(ask(blob("PUT", "a", {}, "1", {{"x-ms-meta-a", std::string(8191, 'x')}})).status, 201);
  EXPECT_EQ(refusal(blob("PUT", "a", "comp=metadata", {}, {{"x-ms-meta-a b", "v"}})).code, "InvalidMetadata");
}

TEST_F(BlobsTest, HeadersWhoseWishWouldBeLost_AreRefused) {
  for (auto const* header : {"x-ms-content-crc64", "x-ms-structured-body", "x-ms-copy-source", "x-ms-lease-id", "x-ms-tags", "x-ms-encryption-key",
                             "x-ms-blob-content-encoding"}) {
    auto const error = refusal(blob("PUT", "a", {}, "1", {{header, "x"}}));
    EXPECT_EQ(error.code, "UnsupportedHeader") << header;
    EXPECT_THAT(error.message, HasSubstr(header));
  }
  EXPECT_EQ(refusal(blob("GET", "a")).status, 404);
}

TEST_F(BlobsTest, HashOfTheBlobItself_IsChecked) {
  EXPECT_EQ(refusal(blob("PUT", "a", {}, "text", {{"x-ms-blob-content-md5", md5("other")}})).code, "Md5Mismatch");
  EXPECT_EQ(ask(blob("PUT", "a", {}, "text", {{"x-ms-blob-content-md5", md5("text")}})).status, 201);
}

TEST_F(BlobsTest, RequestThatIsTooLarge_IsRefusedBeforeItsBytes) {
  auto const put = std::find_if(table_.begin(), table_.end(), [](Route const& route) { return route.operation == "blobs.put"; });
  ASSERT_NE(put, table_.end());
  auto const code = [&](std::uint64_t length, std::string const& comp) {
    Request request{.method = "PUT", .parameters = {{"account", identity_.storage_account}, {"container", "box"}, {"blob", "a"}}};
    request.headers = {{"x-ms-blob-type", "BlockBlob"}};
    request.content_length = length;
    if (!comp.empty()) request.query = {{"comp", comp}, {"blockid", "MDE="}};
    try {
      (void)put->upload(request, *services_);
    } catch (ApiError const& error) {
      return error.code;
    }
    return std::string{};
  };
  EXPECT_EQ(code((std::uint64_t{5000} << 20) + 1, ""), "RequestBodyTooLarge");
  EXPECT_EQ(code((std::uint64_t{4000} << 20) + 1, "block"), "RequestBodyTooLarge");
  EXPECT_EQ(code(1000, "block"), "");
}

TEST_F(BlobsTest, ArtifactOfARun_IsAFileAmongItsArtifacts) {
  store_->add_job({.name = "r1", .experiment = "e", .definition = "{}"});
  auto const artifact = [&](std::string const& method, std::string const& path, std::string const& body = {}, Headers headers = {},
                            std::string const& query = {}) {
    if (method == "PUT") headers.try_emplace("x-ms-blob-type", "BlockBlob");
    return Asked{.method = method,
                 .address = "/" + identity_.storage_account + "/azureml/ExperimentRun/dcid." + path + (query.empty() ? "" : "?" + query),
                 .body = body,
                 .headers = std::move(headers),
                 .check_signature = false};
  };
  auto const put = ask(artifact("PUT", "r1/outputs/x.bin", "text", {{"x-ms-meta-k", "v"}, {"Content-Type", "image/png"}, {"If-None-Match", "*"}}));
  EXPECT_EQ(put.status, 201);
  EXPECT_TRUE(std::filesystem::exists(home_.artifacts("r1") / "outputs" / "x.bin"));
  auto const got = ask(artifact("GET", "r1/outputs/x.bin"));
  EXPECT_EQ(text_of(got), "text");
  EXPECT_EQ(got.headers.at("ETag"), put.headers.at("ETag"));
  EXPECT_EQ(got.headers.at("Content-MD5"), md5("text"));
  EXPECT_EQ(got.headers.at("Content-Type"), "image/png");
  EXPECT_EQ(got.headers.at("x-ms-meta-k"), "v");
  EXPECT_EQ(refusal(artifact("PUT", "r1/outputs/x.bin", "2", {{"If-None-Match", "*"}})).code, "BlobAlreadyExists");
  write_artifact("r1", "outputs/x.bin", "by the run itself");
  auto const rewritten = ask(artifact("GET", "r1/outputs/x.bin"));
  EXPECT_EQ(text_of(rewritten), "by the run itself");
  EXPECT_FALSE(rewritten.headers.contains("Content-MD5")) << "the record is of other bytes";

  ask(artifact("PUT", "r1/outputs/big", "part", {}, "comp=block&blockid=MDE="));
  EXPECT_EQ(ask(artifact("PUT", "r1/outputs/big", "<BlockList><Latest>MDE=</Latest></BlockList>", {}, "comp=blocklist")).status, 201);
  EXPECT_EQ(text_of(ask(artifact("GET", "r1/outputs/big"))), "part");

  for (auto const* log : {"user_logs/std_log.txt", "azureml-logs/x", "system_logs/x"}) {
    EXPECT_EQ(refusal(artifact("PUT", std::string("r1/") + log, "x")).status, 403) << log;
  }
  EXPECT_EQ(refusal(artifact("PUT", "absent/outputs/x", "x")).status, 404);
  EXPECT_EQ(refusal(artifact("PUT", "r1/outputs/x.bin", {}, {{"x-ms-meta-k", "w"}}, "comp=metadata")).status, 501);
  EXPECT_EQ(refusal(artifact("DELETE", "r1/outputs/x.bin")).status, 403);
  EXPECT_EQ(refusal(artifact("PUT", "r1/outputs", "x")).status, 409);
}

TEST_F(BlobsTest, LinkAmongTheArtifacts_IsNotFollowed) {
  store_->add_job({.name = "r1", .experiment = "e", .definition = "{}"});
  auto const outside = directory_ / "outside";
  std::filesystem::create_directories(outside);
  write_artifact("r1", "outputs/a", "a");
  std::filesystem::create_directory_symlink(outside, home_.artifacts("r1") / "outputs" / "link");
  auto const error = refusal({.method = "PUT",
                              .address = "/" + identity_.storage_account + "/azureml/ExperimentRun/dcid.r1/outputs/link/x",
                              .body = "x",
                              .headers = {{"x-ms-blob-type", "BlockBlob"}},
                              .check_signature = false});
  EXPECT_EQ(error.status, 409);
  EXPECT_TRUE(std::filesystem::is_empty(outside));
  EXPECT_EQ(staged(), 0U);
}

}  // namespace
}  // namespace azureml::engine::routes
