#include "engine/routes/sas.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/time.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::routes {
namespace {

using std::chrono::system_clock;

/// Signatures in this file were computed with Python's hmac and base64 from the service's documented strings to sign.
class AccountSasTest : public ::testing::Test {
 protected:
  static Request request_of(std::string const& method, std::string const& container, std::string const& blob,
                            std::string const& query) {
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
      check_blob_access(request, identity_, now_);
    } catch (ApiError const& error) {
      EXPECT_EQ(error.status, 403);
      EXPECT_EQ(error.message.find("rwd"), std::string::npos);
      return error.code;
    }
    return {};
  }
  std::string grant(std::string const& permissions = "rwdlacu") const {
    return sign_account_sas(
        "acct", identity_.account_key,
        {.permissions = permissions, .start = now_ - std::chrono::minutes(1), .expiry = now_ + std::chrono::hours(1)});
  }
  /// Signed as a client would, with any fields.
  std::string signed_by_hand(std::string const& ss, std::string const& srt, std::string const& sp,
                             std::string const& spr = {}) const {
    std::string const se = "2033-01-01T00:00:00Z", sv = "2022-11-02";
    auto const text = "acct\n" + sp + "\n" + ss + "\n" + srt + "\n\n" + se + "\n\n" + spr + "\n" + sv + "\n\n";
    auto const sig = base::to_base64(base::hmac_sha256(base::from_base64(identity_.account_key).value(), text));
    return "sv=" + sv + "&ss=" + ss + "&srt=" + srt + "&sp=" + sp + "&se=" + se + (spr.empty() ? "" : "&spr=" + spr) +
           "&sig=" + base::percent_encode(sig);
  }

  store::Identity identity_{.storage_account = "acct", .account_key = base::to_base64("a key of the tests")};
  system_clock::time_point now_{std::chrono::seconds(1'700'000'000)};
};

TEST_F(AccountSasTest, Vector_MatchesAnIndependentComputation) {
  EXPECT_EQ(sign_account_sas("acct", identity_.account_key,
                             {.permissions = "rwdlacu", .start = now_, .expiry = now_ + std::chrono::hours(2)}),
            "sv=2021-12-02&ss=b&srt=co&sp=rwdlacu&st=2023-11-14T22%3A13%3A20Z&se=2023-11-15T00%3A13%3A20Z&sig="
            "Q8KTFzjk3WjXBcG41o5lPEqC9oG%2BFSr5HAHNv0RBlA4%3D");
  std::string const older =
      "sv=2019-07-07&ss=bqf&srt=sco&sp=rl&se=2023-11-15T00%3A13%3A20Z&spr=https,http&sig=8%"
      "2Br4zqJrlcARPWtOgsqUiAYsacEqfJbN1BcBYc5Jv3w%3D";
  EXPECT_EQ(refused(request_of("GET", "box", "a", older)), "");
}

TEST_F(AccountSasTest, OwnSignature_OpensEveryContainerAndBlob) {
  for (auto const* container : {"box", "other"}) {
    EXPECT_EQ(refused(request_of("GET", container, "a/b", grant())), "");
    EXPECT_EQ(refused(request_of("HEAD", container, "a/b", grant())), "");
    EXPECT_EQ(refused(request_of("PUT", container, "a/b", grant() + "&comp=blocklist")), "");
    EXPECT_EQ(refused(request_of("DELETE", container, "a/b", grant())), "");
    EXPECT_EQ(refused(request_of("GET", container, {}, grant() + "&restype=container&comp=list")), "");
    EXPECT_EQ(refused(request_of("GET", container, {}, grant() + "&restype=container")), "");
    EXPECT_EQ(refused(request_of("PUT", container, {}, grant() + "&restype=container")), "");
  }
}

TEST_F(AccountSasTest, ResourceType_DecidesBetweenContainerAndBlob) {
  constexpr char kMismatch[] = "AuthorizationResourceTypeMismatch";
  EXPECT_EQ(refused(request_of("GET", "box", "a", signed_by_hand("b", "c", "rl"))), kMismatch);
  EXPECT_EQ(refused(request_of("GET", "box", {}, signed_by_hand("b", "o", "rl") + "&comp=list")), kMismatch);
  EXPECT_EQ(refused(request_of("GET", "box", "a", signed_by_hand("b", "s", "rl"))), kMismatch);
  EXPECT_EQ(refused(request_of("GET", "box", "a", signed_by_hand("b", "o", "rl"))), "");
  EXPECT_EQ(refused(request_of("GET", "box", {}, signed_by_hand("b", "c", "rl") + "&comp=list")), "");
}

TEST_F(AccountSasTest, OtherService_IsRefused) {
  EXPECT_EQ(refused(request_of("GET", "box", "a", signed_by_hand("f", "sco", "rl"))), "AuthorizationServiceMismatch");
  EXPECT_EQ(refused(request_of("GET", "box", "a", signed_by_hand("qt", "sco", "rl"))), "AuthorizationServiceMismatch");
}

TEST_F(AccountSasTest, Permission_DecidesByOperation) {
  constexpr char kMismatch[] = "AuthorizationPermissionMismatch";
  EXPECT_EQ(refused(request_of("GET", "box", "a", grant("w"))), kMismatch);
  EXPECT_EQ(refused(request_of("PUT", "box", "a", grant("rl"))), kMismatch);
  EXPECT_EQ(refused(request_of("DELETE", "box", "a", grant("rwl"))), kMismatch);
  EXPECT_EQ(refused(request_of("GET", "box", {}, grant("rw") + "&comp=list")), kMismatch);
  EXPECT_EQ(refused(request_of("PUT", "box", {}, grant("rl") + "&restype=container")), kMismatch);
  EXPECT_EQ(refused(request_of("PUT", "box", {}, grant("c") + "&restype=container")), "");
}

TEST_F(AccountSasTest, HttpsAlone_IsRefusedOverHttp) {
  auto request = request_of("GET", "box", "a", signed_by_hand("b", "o", "r", "https"));
  EXPECT_EQ(refused(request), "AuthorizationProtocolMismatch");
  request.base_url = "https://127.0.0.1:1";
  EXPECT_EQ(refused(request), "");
}

TEST_F(AccountSasTest, Times_AreKept) {
  auto const good = grant();
  now_ += std::chrono::minutes(61);
  EXPECT_EQ(refused(request_of("GET", "box", "a", good)), "AuthenticationFailed");
  now_ -= std::chrono::minutes(63);
  EXPECT_EQ(refused(request_of("GET", "box", "a", good)), "AuthenticationFailed");
}

TEST_F(AccountSasTest, EachChangedOrMissingParameter_IsRefused) {
  for (std::string const changed : {"sp=rwdlacup", "se=2033-01-01T00:00:00Z", "st=2000-01-01T00:00:00Z",
                                    "sv=2022-11-02", "ss=bf", "srt=sco", "sig=AAAA"}) {
    auto request = request_of("GET", "box", "a", grant());
    auto const name = changed.substr(0, changed.find('='));
    request.query.erase(name);
    request.query.emplace(name, changed.substr(changed.find('=') + 1));
    EXPECT_EQ(refused(request), "AuthenticationFailed") << changed;
    request.query.erase(name);
    EXPECT_EQ(refused(request), "AuthenticationFailed") << "without " << name;
  }
}

TEST_F(AccountSasTest, ParameterGivenTwiceOrUnknown_IsRefused) {
  for (std::string const extra :
       {"sp=r", "ss=b", "srt=o", "sr=c", "sip=1.2.3.4", "ses=x", "si=x", "skoid=x", "rsct=x", "snapshot=x", "sig=x"}) {
    auto request = request_of("GET", "box", "a", grant());
    request.query.emplace(extra.substr(0, extra.find('=')), extra.substr(extra.find('=') + 1));
    EXPECT_EQ(refused(request), "AuthenticationFailed") << extra;
  }
}

TEST_F(AccountSasTest, AnotherAccountOrKey_IsRefused) {
  auto foreign = request_of("GET", "box", "a", grant());
  foreign.parameters["account"] = "other";
  EXPECT_EQ(refused(foreign), "AuthenticationFailed");
  auto const other_key = sign_account_sas("acct", base::to_base64("another key"),
                                          {.permissions = "r", .start = now_, .expiry = now_ + std::chrono::hours(1)});
  EXPECT_EQ(refused(request_of("GET", "box", "a", other_key)), "AuthenticationFailed");
  EXPECT_EQ(refused(request_of("GET", "box/a", "b", grant())), "AuthenticationFailed");
}

class SharedKeyTest : public AccountSasTest {
 protected:
  static Request a_put() {
    auto request = request_of("PUT", "box", "a b", "comp=block&blockid=MDE%3D");
    request.raw_path = "/acct/box/a%20b";
    request.headers = {{"Content-Length", "5"},
                       {"Content-Type", "text/plain"},
                       {"If-None-Match", "*"},
                       {"x-ms-date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                       {"X-Ms-Version", "2021-12-02"},
                       {"x-ms-blob-type", " BlockBlob "},
                       {"Authorization", "SharedKey acct:IPH4EtXPXcGCXcD9dZY7/bYDNTBLOgNe+3G2Y8T9bho="}};
    return request;
  }
};

TEST_F(SharedKeyTest, SignedRequest_IsAccepted) {
  EXPECT_EQ(refused(a_put()), "");
}

TEST_F(SharedKeyTest, EachChangedPart_IsRefused) {
  auto changed = a_put();
  changed.method = "DELETE";
  EXPECT_EQ(refused(changed), "AuthenticationFailed");
  changed = a_put();
  changed.raw_path = "/acct/other/a%20b";
  EXPECT_EQ(refused(changed), "AuthenticationFailed");
  changed = a_put();
  changed.query.emplace("extra", "1");
  EXPECT_EQ(refused(changed), "AuthenticationFailed");
  for (auto const* header : {"Content-Length", "Content-Type", "If-None-Match", "x-ms-version", "x-ms-blob-type"}) {
    changed = a_put();
    changed.headers[header] = "6";
    EXPECT_EQ(refused(changed), "AuthenticationFailed") << header;
    changed.headers.erase(header);
    EXPECT_EQ(refused(changed), "AuthenticationFailed") << "without " << header;
  }
  changed = a_put();
  changed.headers["x-ms-meta-k"] = "v";
  EXPECT_EQ(refused(changed), "AuthenticationFailed");
}

TEST_F(SharedKeyTest, OldOrUndatedRequest_IsRefused) {
  now_ += std::chrono::minutes(14);
  EXPECT_EQ(refused(a_put()), "");
  now_ += std::chrono::minutes(2);
  EXPECT_EQ(refused(a_put()), "AuthenticationFailed") << "it could be a replay";
  now_ -= std::chrono::minutes(32);
  EXPECT_EQ(refused(a_put()), "AuthenticationFailed");
}

TEST_F(SharedKeyTest, MalformedHeaders_AreRefused) {
  for (auto const* header :
       {"SharedKey acct", "SharedKey ", "SharedKey :x", "SharedKey other:IPH4EtXPXcGCXcD9dZY7/bYDNTBLOgNe+3G2Y8T9bho=",
        "SharedKey acct:", "SharedKey acct:!", "SharedKeyLite acct:x", "Bearer x", "Basic x"}) {
    auto request = a_put();
    request.headers["Authorization"] = header;
    EXPECT_EQ(refused(request), "AuthenticationFailed") << header;
  }
  auto foreign = a_put();
  foreign.parameters["account"] = "other";
  EXPECT_EQ(refused(foreign), "AuthenticationFailed");
}

TEST_F(SharedKeyTest, OtherSchemesBesideASignedAddress_AreIgnored) {
  auto request = request_of("GET", "box", "a", grant());
  request.headers["Authorization"] = "Basic eDp5";
  EXPECT_EQ(refused(request), "");
}

}  // namespace
}  // namespace azureml::engine::routes
