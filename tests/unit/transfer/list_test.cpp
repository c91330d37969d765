#include "support/fake_transport.hpp"
#include "transfer/list_xml.hpp"
#include "unit/transfer/download_fixture.hpp"

#include <random>

namespace azureml::transfer {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// As the service has answered, with what else it may say.
constexpr char kPage[] =
    "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "
    "ServiceEndpoint=\"https://acct.blob.core.windows.net/\" "
    "ContainerName=\"azureml\"><Prefix>ExperimentRun/dcid.x/</Prefix><Blobs><Blob><Name>ExperimentRun/dcid.x/user_logs/"
    "std_log.txt</Name><Properties><Creation-Time>Tue, 31 Oct 2023 03:15:52 GMT</Creation-Time><Last-Modified>Tue, 31 "
    "Oct "
    "2023 03:15:53 GMT</Last-Modified><Etag>0x8DBD9BFB0D8DA08</Etag><Content-Length>17</Content-Length><Content-Type>"
    "application/octet-stream</Content-Type><Content-Encoding /><Content-Language /><Content-CRC64 "
    "/><Content-MD5>4VAcEW/jBcYyxVzyo+Q+Jw==</Content-MD5><Cache-Control /><Content-Disposition "
    "/><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier></Properties><Metadata><upload_status>completed</"
    "upload_status></Metadata><OrMetadata /></Blob><BlobPrefix><Name>a/b/</Name></BlobPrefix><Blob><Name>a &amp; "
    "&lt;b&gt; "
    "&quot;&apos;&#233;&#x1F600; \xC3\xA9</Name><Properties><Etag>\"0x2\"</Etag><Content-Length>18446744073709551615</"
    "Content-Length></Properties></Blob><Blob><Name>dir</Name><Properties><Content-Length>0</Content-Length></"
    "Properties>"
    "<Metadata><Hdi_isfolder>true</Hdi_isfolder></Metadata></Blob><Blob><Name>dir2</Name><Properties><ResourceType>"
    "directory</ResourceType></Properties></Blob><Blob><Name Encoded=\"true\">a%EF%BF%BEb</Name><Properties /></Blob>"
    "</Blobs><NextMarker>2!92!MDAw&amp;x</NextMarker></EnumerationResults>";

ListReader read(std::string_view text) {
  ListReader reader;
  reader.feed(text);
  reader.finish();
  return reader;
}

TEST(ListReader, Page_IsReadWithAllItsForms) {
  auto reader = read(kPage);
  auto const& blobs = reader.blobs();
  ASSERT_THAT(blobs, SizeIs(5));
  EXPECT_EQ(blobs[0].name, "ExperimentRun/dcid.x/user_logs/std_log.txt");
  EXPECT_EQ(blobs[0].size, 17U);
  EXPECT_EQ(blobs[0].etag, "0x8DBD9BFB0D8DA08");
  EXPECT_THAT(blobs[0].md5, SizeIs(16));
  EXPECT_FALSE(blobs[0].is_folder);
  ASSERT_TRUE(blobs[0].modified);
  EXPECT_EQ(std::chrono::system_clock::to_time_t(*blobs[0].modified), 1698722153);
  EXPECT_EQ(blobs[1].name, "a & <b> \"'\xC3\xA9\xF0\x9F\x98\x80 \xC3\xA9");
  EXPECT_EQ(blobs[1].size, 18446744073709551615U);
  EXPECT_EQ(blobs[1].etag, "0x2");
  EXPECT_EQ(blobs[1].md5, "");
  EXPECT_TRUE(blobs[2].is_folder);
  EXPECT_TRUE(blobs[3].is_folder);
  EXPECT_EQ(blobs[4].name,
            "a\xEF\xBF\xBE"
            "b");
  EXPECT_EQ(reader.next_marker(), "2!92!MDAw&x");
}

TEST(ListReader, AnyCut_GivesTheSame) {
  std::string_view const text(kPage, sizeof kPage - 1);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    ListReader reader;
    reader.feed(text.substr(0, cut));
    reader.feed(text.substr(cut));
    reader.finish();
    ASSERT_THAT(reader.blobs(), SizeIs(5));
    ASSERT_EQ(reader.next_marker(), "2!92!MDAw&x");
  }
  ListReader reader;
  for (char const c : text) reader.feed({&c, 1});
  reader.finish();
  EXPECT_THAT(reader.blobs(), SizeIs(5));
}

TEST(ListReader, Torn_IsRefusedAtEachByte) {
  std::string_view const text(kPage, sizeof kPage - 1);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_THROW(read(text.substr(0, size)), TransportError) << size;
}

TEST(ListReader, Changed_NeverBreaksIt) {
  std::mt19937 generator(1);
  std::string const text(kPage, sizeof kPage - 1);
  for (int i = 0; i < 30'000; ++i) {
    auto changed = text;
    for (unsigned k = 0; k < 1 + generator() % 4; ++k) {
      auto const at = generator() % changed.size();
      switch (generator() % 4) {
        case 0:
          changed[at] = static_cast<char>(generator());
          break;
        case 1:
          changed.erase(at, generator() % 40);
          break;
        case 2:
          changed.insert(at, text.substr(generator() % text.size(), generator() % 40));
          break;
        default:
          changed[at] = "<>/&;!?\"' "[generator() % 10];
      }
      if (changed.empty()) changed = "<";
    }
    try {
      read(changed);
    } catch (TransportError const&) {
      continue;
    }
  }
}

TEST(ListReader, WhatIsNoListing_IsRefused) {
  auto const page = [](std::string const& inside) { return "<EnumerationResults>" + inside + "</EnumerationResults>"; };
  for (std::string const& text :
       {std::string("<html><body>Sign in</body></html>"),
        std::string("{\"value\":[]}"),
        std::string(),
        std::string("<"),
        std::string("text"),
        std::string("<?xml version=\"1.0\"?><Error><Code>X</Code></Error>"),
        page("<a></b>"),
        page("<a>"),
        page("&unknown;<a/>"),
        page("<NextMarker>&#0;</NextMarker>"),
        page("<NextMarker>&#xD800;</NextMarker>"),
        page("<NextMarker>&#x110000;</NextMarker>"),
        page("<NextMarker>&amp</NextMarker>"),
        page("<NextMarker>&#;</NextMarker>"),
        page("<!-- x -->"),
        page("<![CDATA[x]]>"),
        "<!DOCTYPE x [<!ENTITY a \"b\">]>" + page(""),
        page("") + page(""),
        page("") + "x",
        page("<Blobs><Blob></Blob></Blobs>"),
        page("<Blobs><Blob><Name></Name></Blob></Blobs>"),
        page("<Blobs><Blob><Name>a</Name><Properties><Content-Length>-1</Content-Length></Properties></Blob></Blobs>"),
        page("<Blobs><Blob><Name>a</Name><Properties><Content-Length>99999999999999999999</Content-Length></Properties>"
             "</Blob></Blobs>"),
        page("text<Blobs/>"),
        page("<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>"),
        page("<Blobs><Blob><Name Encoded=\"true\">%zz</Name></Blob></Blobs>"),
        page("<NextMarker>" + std::string(70'000, 'x') + "</NextMarker>"),
        page("< ></ >")})
    EXPECT_THROW(read(text), TransportError) << text.substr(0, 100);
}

/// Pages from a fake transport.
struct ListBlobs : ::testing::Test {
  test::DownloadPipeline pipes{};
  std::vector<std::string> pages{};
  std::vector<std::string> asked{};

  struct Pages final : http::Transport {
    explicit Pages(ListBlobs& test) : owner(test) {}
    http::Response send(http::Request const& request, Context const&) override {
      owner.asked.push_back(request.url);
      if (owner.fault) {
        if (auto response = owner.fault(request.url)) return *response;
      }
      auto body = owner.pages.at(owner.at++);
      http::Response response{.status = 200};
      request.sink->begin(response);
      for (std::size_t k = 0; k < body.size(); k += 7) request.sink->write(std::string_view(body).substr(k, 7));
      return response;
    }
    ListBlobs& owner;
  };
  std::function<std::optional<http::Response>(std::string const&)> fault{};
  std::size_t at = 0;
  http::Pipeline pipeline{[this] {
    http::PipelineOptions options;
    options.transport = std::make_shared<Pages>(*this);
    options.clock = &pipes.clock;
    options.retry.jitter = [] { return 0.0; };
    return options;
  }()};

  static std::string page(std::vector<std::string> const& names, std::string const& marker) {
    std::string text = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>";
    for (auto const& name : names) text += "<Blob><Name>" + name + "</Name></Blob>";
    return text + "</Blobs>" + (marker.empty() ? "<NextMarker />" : "<NextMarker>" + marker + "</NextMarker>") +
           "</EnumerationResults>";
  }
  std::vector<std::string> names(ContainerAddresses& addresses, std::string const& prefix = "p/",
                                 std::size_t limit = 1000) {
    std::vector<std::string> result;
    list_blobs(pipeline, addresses, prefix,
               [&](BlobInfo&& blob) {
                 result.push_back(blob.name);
                 return result.size() < limit;
               },
               {});
    return result;
  }
};

TEST_F(ListBlobs, Pages_AreReadToTheEndThroughEmptyOnes) {
  pages = {page({"p/a", "p/b"}, "m 1&amp;+"), page({}, "m2"), page({"p/c"}, "")};
  EXPECT_THAT(names(pipes.addresses, "p/ \xC3\xA9&"), ElementsAre("p/a", "p/b", "p/c"));
  ASSERT_THAT(asked, SizeIs(3));
  EXPECT_THAT(asked[0],
              AllOf(HasSubstr("/container?"), HasSubstr("restype=container&comp=list"), HasSubstr("maxresults=5000"),
                    HasSubstr("include=metadata"), HasSubstr("prefix=p/%20%C3%A9%26"), HasSubstr("sig=s%2Fecret"),
                    Not(HasSubstr("marker"))));
  EXPECT_THAT(asked[1], EndsWith("&marker=m%201%26%2B"));
}

TEST_F(ListBlobs, VisitorThatHasEnough_EndsIt) {
  pages = {page({"p/a", "p/b"}, "m1"), page({"p/c"}, "")};
  EXPECT_THAT(names(pipes.addresses, "p/", 2), ElementsAre("p/a", "p/b"));
  EXPECT_THAT(asked, SizeIs(1));
}

TEST_F(ListBlobs, Circle_IsAnError) {
  pages = {page({"p/a"}, "m1"), page({"p/a"}, "m1")};
  EXPECT_THROW(names(pipes.addresses), TransportError);
}

TEST_F(ListBlobs, RefusedSignature_IsRenewedOnTheSamePage) {
  ContainerAddresses addresses("https://a/c?sig=old",
                               [](Context const&) { return std::string("https://a/c?sig=new"); });
  pages = {page({"p/a"}, "m1"), page({"p/b"}, "")};
  fault = [&](std::string const& url) -> std::optional<http::Response> {
    if (at == 1 && url.find("sig=new") == std::string::npos) return http::Response{.status = 403};
    return std::nullopt;
  };
  EXPECT_THAT(names(addresses), ElementsAre("p/a", "p/b"));
  EXPECT_THAT(asked, SizeIs(3));
}

TEST_F(ListBlobs, RefusedForGood_IsTheServicesError) {
  fault = [](std::string const&) {
    return http::Response{.status = 403, .headers = {{"x-ms-error-code", "AuthorizationFailure"}}};
  };
  EXPECT_THROW(names(pipes.addresses), ServiceError);
  EXPECT_THAT(asked, SizeIs(1));
}

TEST_F(ListBlobs, NoSuchContainer_IsNotFound) {
  fault = [](std::string const&) {
    return http::Response{.status = 404, .headers = {{"x-ms-error-code", "ContainerNotFound"}}};
  };
  EXPECT_THROW(names(pipes.addresses), NotFoundError);
}

TEST_F(ListBlobs, WebPage_IsATransportError) {
  pages = {"<html>Sign in</html>"};
  EXPECT_THROW(names(pipes.addresses), TransportError);
}

}  // namespace
}  // namespace azureml::transfer
