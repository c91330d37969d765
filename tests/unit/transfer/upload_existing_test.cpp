#include "unit/transfer/upload_fixture.hpp"

namespace azureml::transfer {
namespace {

using test::blob_error;
using test::SentRequest;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct UploadExisting : test::UploadFixture {
  static std::optional<http::Response> refuse_looks(SentRequest const& request) {
    if (request.method == "PUT") return std::nullopt;
    return http::Response{
        .status = 403, .headers = {{"x-ms-error-code", "AuthorizationPermissionMismatch"}}, .body = {}};
  }
  [[nodiscard]] std::string content(std::string const& name) const {
    return server.blobs().at("my project/" + name).content;
  }
};

TEST_F(UploadExisting, SameContent_IsSkippedInEveryMode) {
  root.write("a", "same");
  root.write("empty");
  root.write("large", test::varied(5000));
  for (auto const mode : {Existing::refuse, Existing::skip, Existing::replace}) {
    server.put("my project/a", "same");
    server.put("my project/empty", "");
    server.put("my project/large", test::varied(5000));
    options.existing = mode;
    auto const report = upload();
    EXPECT_EQ(report.files, 0U);
    EXPECT_EQ(report.bytes, 0U);
    EXPECT_EQ(report.skipped, 3U);
  }
  EXPECT_THAT(server.requests("PUT", "comp="), IsEmpty()) << "a large file is looked for before it is sent";
}

TEST_F(UploadExisting, RefuseAndOtherContent_IsAnErrorAndLeftAlone) {
  root.write("b.py", "mine");
  server.put("my project/b.py", "them");
  auto const error = failure<ServiceError>();
  EXPECT_EQ(error.status(), 409);
  EXPECT_EQ(error.code(), "BlobAlreadyExists");
  EXPECT_THAT(error.what(), AllOf(HasSubstr("'my project/b.py'"), HasSubstr("The specified blob already exists")));
  EXPECT_EQ(error.request_id(), "request-1");
  EXPECT_EQ(content("b.py"), "them");
}

TEST_F(UploadExisting, RefuseAndOtherLargeContent_IsAnErrorBeforeAnythingIsSent) {
  root.write("b", test::varied(5000));
  for (auto const size : {5000, 4999}) {
    server.put("my project/b", test::varied(static_cast<std::size_t>(size), 2));
    auto const error = failure<ServiceError>();
    EXPECT_EQ(error.status(), 409);
    EXPECT_EQ(error.code(), "BlobAlreadyExists");
    EXPECT_THAT(error.what(), HasSubstr("other content"));
  }
  EXPECT_THAT(server.requests("PUT", ""), IsEmpty());
}

TEST_F(UploadExisting, SkipAndOtherContent_IsLeftAlone) {
  root.write("a", "mine");
  root.write("large", test::varied(5000));
  server.put("my project/a", "theirs");
  server.put("my project/large", "theirs");
  options.existing = Existing::skip;
  auto const report = upload();
  EXPECT_EQ(report.skipped, 2U);
  EXPECT_EQ(report.files, 0U);
  EXPECT_EQ(content("a"), "theirs");
  EXPECT_EQ(content("large"), "theirs");
}

TEST_F(UploadExisting, ReplaceAndOtherContent_IsReplaced) {
  root.write("a", "mine");
  root.write("large", test::varied(5000));
  server.put("my project/a", "theirs");
  server.put("my project/large", "theirs");
  options.existing = Existing::replace;
  auto const report = upload();
  EXPECT_EQ(report.files, 2U);
  EXPECT_EQ(report.bytes, 5004U);
  EXPECT_EQ(content("a"), "mine");
  EXPECT_TRUE(content("large") == test::varied(5000));
}

TEST_F(UploadExisting, BlobAppearsWhileBlocksAreSent_TheModeDecidesAtTheList) {
  auto const appear = [this](std::string const& there) {
    server.before([this, there](SentRequest const& request) -> std::optional<http::Response> {
      if (request.url.find("comp=blocklist") != std::string::npos && request.method == "PUT" &&
          !server.blobs().contains("my project/large"))
        server.put("my project/large", there);
      return std::nullopt;
    });
  };
  root.write("large", test::varied(5000));
  appear("theirs");
  EXPECT_EQ(failure<ServiceError>().status(), 409);
  EXPECT_EQ(content("large"), "theirs");
}

TEST_F(UploadExisting, BlobAppearsWhileBlocksAreSentAndIsToBeReplaced_OnlyTheListIsSentAgain) {
  root.write("large", test::varied(5000));
  options.existing = Existing::replace;
  bool first = true;
  server.before([&](SentRequest const& request) -> std::optional<http::Response> {
    if (request.url.find("comp=blocklist") == std::string::npos || request.method != "PUT") return std::nullopt;
    if (std::exchange(first, false)) server.put("my project/large", "theirs");
    return std::nullopt;
  });
  EXPECT_EQ(upload().files, 1U);
  EXPECT_TRUE(content("large") == test::varied(5000));
  EXPECT_THAT(server.requests("PUT", "comp=block&"), SizeIs(5));
  EXPECT_THAT(server.requests("PUT", "comp=blocklist"), SizeIs(2));
}

TEST_F(UploadExisting, ManyThereAlready_AreLookedForInsteadOfSent) {
  options.limits.threads = 1;
  for (int i = 0; i < 20; ++i) {
    auto const name = "f" + std::to_string(10 + i);
    root.write(name, "content " + name);
    if (i < 15) server.put("my project/" + name, "content " + name);
  }
  auto const report = upload();
  EXPECT_EQ(report.skipped, 15U);
  EXPECT_EQ(report.files, 5U);
  EXPECT_THAT(server.requests("PUT", ""), SizeIs(6)) << "the first, and those that were not there";
  EXPECT_THAT(server.requests("HEAD", ""), SizeIs(16)) << "all that were there, and the first that was not";
}

TEST_F(UploadExisting, LooksAreRefused_WritingAloneIsEnough) {
  server.before(refuse_looks);
  root.write("a", "mine");
  root.write("large", test::varied(5000));
  EXPECT_EQ(upload().files, 2U);
  options.existing = Existing::skip;
  EXPECT_EQ(upload().skipped, 2U);
  server.put("my project/a", "theirs");
  server.put("my project/large", "theirs");
  options.existing = Existing::replace;
  EXPECT_EQ(upload().files, 2U);
  EXPECT_EQ(content("a"), "mine");
  EXPECT_TRUE(content("large") == test::varied(5000));
}

TEST_F(UploadExisting, LooksAreRefusedAndSomethingIsThere_RefuseIsAnError) {
  server.before(refuse_looks);
  root.write("a", "mine");
  server.put("my project/a", "theirs");
  EXPECT_EQ(failure<ServiceError>().code(), "BlobAlreadyExists");
  EXPECT_EQ(content("a"), "theirs");
}

TEST_F(UploadExisting, ConflictOfAnotherKind_IsAnErrorInEveryMode) {
  root.write("a", "mine");
  server.put("my project/a", "theirs");
  server.before([](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method != "PUT") return std::nullopt;
    return blob_error(409, "BlobImmutableDueToPolicy");
  });
  for (auto const mode : {Existing::refuse, Existing::skip, Existing::replace}) {
    options.existing = mode;
    EXPECT_EQ(failure<ServiceError>().code(), "BlobImmutableDueToPolicy");
  }
}

TEST_F(UploadExisting, LookFails_IsAnError) {
  root.write("large", test::varied(5000));
  server.before([](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method != "HEAD") return std::nullopt;
    return blob_error(400, "InvalidUri");
  });
  EXPECT_EQ(failure<ServiceError>().code(), "InvalidUri");
}

}  // namespace
}  // namespace azureml::transfer
