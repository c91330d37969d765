#include "engine/routes/sas.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::routes {
namespace {

using std::chrono::system_clock;

class SasTest : public ::testing::Test {
 protected:
  static Request request_of(std::string const& method, std::string const& container, std::string const& blob, std::string const& query) {
    Request request{.method = method};
    request.base_url = "http://127.0.0.1:1";
    request.parameters = {{"account", "acct"}, {"container", container}};
    if (!blob.empty()) request.parameters["blob"] = blob;
    for (std::size_t begin = 0; begin < query.size();) {
      auto const end = std::min(query.find('&', begin), query.size());
      auto const pair = query.substr(begin, end - begin);
      auto const equals = pair.find('=');
      request.query.emplace(pair.substr(0, equals), base::percent_decode(pair.substr(equals + 1)).value());
      begin = end + 1;
    }
    return request;
  }
  std::string refused(Request const& request) const {
    try {
      check_sas(request, identity_, now_);
    } catch (ApiError const& error) {
      EXPECT_EQ(error.status, 403);
      return error.code;
    }
    return {};
  }
  std::string grant(std::string const& container, std::string const& blob, std::string const& permissions) const {
    return sign_sas(identity_, {.container = container,
                                .blob = blob,
                                .permissions = permissions,
                                .start = now_ - std::chrono::minutes(1),
                                .expiry = now_ + std::chrono::hours(1)});
  }

  store::Identity identity_{.storage_account = "acct", .account_key = base::to_base64("a key of the tests")};
  system_clock::time_point now_{std::chrono::seconds(1'700'000'000)};
};

// Computed with Python's hmac and base64 from the service's documented string to sign.
TEST_F(SasTest, Vector_MatchesAnIndependentComputation) {
  auto const query = sign_sas(identity_, {.container = "box",
                                          .blob = "src/a b+c.py",
                                          .permissions = "rw",
                                          .start = now_,
                                          .expiry = now_ + std::chrono::hours(2)});
  EXPECT_EQ(query, "sv=2021-12-02&st=2023-11-14T22%3A13%3A20Z&se=2023-11-15T00%3A13%3A20Z&sr=b&sp=rw&sig=XsctdK5476BJly6GcvaYn3nmmFhwTVrV7qULKdWF0Sg%3D");
  auto const container = sign_sas(identity_, {.container = "box", .blob = {}, .permissions = "rcwl", .start = now_, .expiry = now_ + std::chrono::hours(2)});
  EXPECT_EQ(container, "sv=2021-12-02&st=2023-11-14T22%3A13%3A20Z&se=2023-11-15T00%3A13%3A20Z&sr=c&sp=rcwl&sig=eFLS7mUqK99heZI3kb4klHoIssh4CSIuFtVZjHtHETM%3D");
}

TEST_F(SasTest, OwnSignature_IsAccepted) {
  EXPECT_EQ(refused(request_of("GET", "box", "a/b", grant("box", "a/b", "r"))), "");
  EXPECT_EQ(refused(request_of("HEAD", "box", "a/b", grant("box", {}, "rcwl"))), "");
  EXPECT_EQ(refused(request_of("PUT", "box", "a/b", grant("box", {}, "rcwl"))), "");
  EXPECT_EQ(refused(request_of("GET", "box", {}, grant("box", {}, "rcwl") + "&comp=list")), "");
}

TEST_F(SasTest, OtherPlace_IsRefused) {
  auto const blob = grant("box", "a/b", "rw");
  EXPECT_EQ(refused(request_of("GET", "box", "a/bc", blob)), "AuthenticationFailed");
  EXPECT_EQ(refused(request_of("GET", "box", "a", blob)), "AuthenticationFailed");
  EXPECT_EQ(refused(request_of("GET", "other", "a/b", blob)), "AuthenticationFailed");
  EXPECT_EQ(refused(request_of("GET", "box", {}, blob + "&comp=list")), "AuthenticationFailed");
  auto const container = grant("box", {}, "rcwl");
  EXPECT_EQ(refused(request_of("GET", "other", "a/b", container)), "AuthenticationFailed");
  auto foreign = request_of("GET", "box", "a/b", blob);
  foreign.parameters["account"] = "other";
  EXPECT_EQ(refused(foreign), "AuthenticationFailed");
  EXPECT_EQ(refused(request_of("GET", "box/a", "b", grant("box", "a/b", "r"))), "AuthenticationFailed") << "the same text, another container";
}

TEST_F(SasTest, EachChangedParameter_IsRefused) {
  auto const good = grant("box", "a", "r");
  for (std::string const changed : {"sp=rw", "se=2033-01-01T00:00:00Z", "st=2000-01-01T00:00:00Z", "sv=2022-11-02", "sr=c", "sig=AAAA"}) {
    auto request = request_of("GET", "box", "a", good);
    auto const name = changed.substr(0, changed.find('='));
    request.query.erase(name);
    request.query.emplace(name, changed.substr(changed.find('=') + 1));
    EXPECT_EQ(refused(request), "AuthenticationFailed") << changed;
    request.query.erase(name);
    EXPECT_EQ(refused(request), "AuthenticationFailed") << "without " << name;
  }
}

TEST_F(SasTest, ParameterGivenTwiceOrUnknown_IsRefused) {
  for (std::string const extra : {"sp=r", "se=2033-01-01T00:00:00Z", "sr=b", "sig=x", "si=policy", "sip=1.2.3.4", "skoid=x", "rsct=text/html", "ses=x", "ss=b"}) {
    auto request = request_of("GET", "box", "a", grant("box", "a", "r"));
    request.query.emplace(extra.substr(0, extra.find('=')), extra.substr(extra.find('=') + 1));
    EXPECT_EQ(refused(request), "AuthenticationFailed") << extra;
  }
}

TEST_F(SasTest, EachFlippedBitOfTheSignature_IsRefused) {
  auto const good = grant("box", "a", "r");
  auto request = request_of("GET", "box", "a", good);
  auto const bytes = base::from_base64(request.query.find("sig")->second).value();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    request.query.erase("sig");
    request.query.emplace("sig", base::to_base64(changed));
    EXPECT_EQ(refused(request), "AuthenticationFailed") << i;
  }
}

TEST_F(SasTest, Times_AreKept) {
  auto const good = grant("box", "a", "r");
  now_ += std::chrono::minutes(59);
  EXPECT_EQ(refused(request_of("GET", "box", "a", good)), "");
  now_ += std::chrono::minutes(1);
  EXPECT_EQ(refused(request_of("GET", "box", "a", good)), "AuthenticationFailed");
  now_ -= std::chrono::minutes(62);
  EXPECT_EQ(refused(request_of("GET", "box", "a", good)), "AuthenticationFailed");
}

TEST_F(SasTest, Permission_DecidesByOperation) {
  constexpr char kMismatch[] = "AuthorizationPermissionMismatch";
  EXPECT_EQ(refused(request_of("GET", "box", "a", grant("box", "a", "w"))), kMismatch);
  EXPECT_EQ(refused(request_of("HEAD", "box", "a", grant("box", "a", "w"))), kMismatch);
  EXPECT_EQ(refused(request_of("PUT", "box", "a", grant("box", "a", "r"))), kMismatch);
  EXPECT_EQ(refused(request_of("GET", "box", {}, grant("box", {}, "rcw") + "&comp=list")), kMismatch);
  EXPECT_EQ(refused(request_of("GET", "box", {}, grant("box", {}, "rcwl"))), kMismatch) << "the container's properties";
  EXPECT_EQ(refused(request_of("PUT", "box", {}, grant("box", {}, "rcwl"))), kMismatch) << "making a container";
  EXPECT_EQ(refused(request_of("DELETE", "box", "a", grant("box", {}, "rcwl"))), kMismatch);
  EXPECT_EQ(refused(request_of("DELETE", "box", "a", grant("box", {}, "d"))), "");
  auto creates = request_of("PUT", "box", "a", grant("box", "a", "c"));
  EXPECT_EQ(refused(creates), kMismatch) << "create does not mean overwrite";
  creates.headers["If-None-Match"] = "*";
  EXPECT_EQ(refused(creates), "");
  creates.query.emplace("comp", "metadata");
  EXPECT_EQ(refused(creates), kMismatch);
}

TEST_F(SasTest, NoSignature_IsRefused) {
  EXPECT_EQ(refused(request_of("GET", "box", "a", "")), "AuthenticationFailed");
  EXPECT_EQ(refused(request_of("GET", "box", "a", "comp=list")), "AuthenticationFailed");
}

TEST_F(SasTest, SignedUrl_EncodesTheName) {
  auto const url = signed_url("http://h:1", identity_, "box", "a b/c#d?e%f", "r", now_);
  EXPECT_TRUE(url.starts_with("http://h:1/acct/box/a%20b/c%23d%3Fe%25f?sv=")) << url;
}

}  // namespace
}  // namespace azureml::engine::routes
