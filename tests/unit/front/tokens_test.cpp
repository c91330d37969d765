#include "engine/front/tokens.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "unit/front/front_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace azureml::tests {
namespace {

using namespace std::chrono_literals;
using namespace engine::front;
using nlohmann::json;

std::chrono::system_clock::time_point const kNow{1'800'000'000s};

std::vector<std::string> parts_of(std::string const& token) {
  std::vector<std::string> parts{""};
  for (char const c : token) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

json claims_of(std::string const& token) {
  return json::parse(base::from_base64url(parts_of(token).at(1)).value());
}

/// A token with a valid signature over whatever header and claims are given.
std::string forged(std::string const& header, json const& claims, std::string const& key = std::string(32, 't')) {
  auto const text = base::to_base64url(header) + '.' + base::to_base64url(claims.dump());
  return text + '.' + base::to_base64url(base::hmac_sha256(key, text));
}

TEST(Tokens, HomeToken_HasTheClaimsOfficialClientsRead) {
  auto const claims = claims_of(Tokens{an_identity()}.home_token(kNow, kHomeTokenLife));
  EXPECT_EQ(claims.at("aud"), "https://management.azure.com");
  EXPECT_EQ(claims.at("exp").get<std::int64_t>() - claims.at("iat").get<std::int64_t>(), 24 * 3600);
  EXPECT_EQ(claims.at("nbf"), claims.at("iat"));
  for (auto const* const name : {"iss", "tid", "oid", "appid", "scp"}) EXPECT_TRUE(claims.at(name).is_string()) << name;
  EXPECT_EQ(claims.at("azureml-cpp"), (json{{"kind", "home"}}));
}

TEST(Tokens, OwnTokens_AreTaken) {
  Tokens const tokens{an_identity()};
  auto const home = tokens.check(tokens.home_token(kNow, kHomeTokenLife), kNow + 23h);
  EXPECT_EQ(home.fault, TokenFault::none);
  EXPECT_EQ(home.claims.kind, TokenClaims::Kind::home);
  auto const run = tokens.check(tokens.run_token("exp_1", kNow, kRunTokenLife), kNow + 24h * 6);
  EXPECT_EQ(run.fault, TokenFault::none);
  EXPECT_EQ(run.claims.kind, TokenClaims::Kind::run);
  EXPECT_EQ(run.claims.run_id, "exp_1");
}

TEST(Tokens, TimeIsUp_Expired) {
  Tokens const tokens{an_identity()};
  EXPECT_EQ(tokens.check(tokens.home_token(kNow, 24h), kNow + 24h).fault, TokenFault::expired);
  EXPECT_EQ(tokens.check(tokens.run_token("r", kNow, kRunTokenLife), kNow + 24h * 7).fault, TokenFault::expired);
}

TEST(Tokens, SignedByAnotherHome_WrongSignature) {
  auto other = an_identity();
  other.token_key = base::to_base64(std::string(32, 'x'));
  EXPECT_EQ(Tokens{an_identity()}.check(Tokens{other}.home_token(kNow, 24h), kNow).fault, TokenFault::wrong_signature);
}

TEST(Tokens, EveryChangedCharacter_IsRefused) {
  Tokens const tokens{an_identity()};
  auto const token = tokens.run_token("r", kNow, 24h);
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    auto const fault = tokens.check(changed, kNow).fault;
    // The last digit of a part may hold bits that mean nothing.
    EXPECT_TRUE(fault != TokenFault::none || i == token.size() - 1) << i;
  }
}

TEST(Tokens, OtherAlgorithms_AreRefusedWhateverTheSignature) {
  Tokens const tokens{an_identity()};
  auto const claims = claims_of(tokens.home_token(kNow, 24h));
  EXPECT_EQ(tokens.check(forged(R"({"alg":"HS256","typ":"JWT"})", claims), kNow).fault, TokenFault::none);
  for (auto const* const header :
       {R"({"alg":"none"})", R"({"alg":"hs256"})", R"({"alg":"HS512"})", R"({"typ":"JWT"})", R"(["HS256"])", "x", ""})
    EXPECT_EQ(tokens.check(forged(header, claims), kNow).fault, TokenFault::malformed) << header;
  auto const text = parts_of(tokens.home_token(kNow, 24h));
  EXPECT_NE(tokens.check(base::to_base64url(R"({"alg":"none"})") + '.' + text[1] + '.', kNow).fault, TokenFault::none);
}

TEST(Tokens, ClaimsThatAreNotOurs_AreRefused) {
  Tokens const tokens{an_identity()};
  auto const good = claims_of(tokens.run_token("r", kNow, 24h));
  constexpr char kHeader[] = R"({"alg":"HS256"})";
  auto fault_with = [&](char const* name, json value) {
    json claims = good;
    claims[name] = std::move(value);
    return tokens.check(forged(kHeader, claims), kNow).fault;
  };
  EXPECT_EQ(fault_with("jti", "x"), TokenFault::none);
  EXPECT_EQ(fault_with("aud", "https://storage.azure.com"), TokenFault::malformed);
  EXPECT_EQ(fault_with("oid", "another-home"), TokenFault::malformed);
  EXPECT_EQ(fault_with("exp", "tomorrow"), TokenFault::malformed);
  EXPECT_EQ(fault_with("exp", nullptr), TokenFault::malformed);
  EXPECT_EQ(fault_with("azureml-cpp", "home"), TokenFault::malformed);
  EXPECT_EQ(fault_with("azureml-cpp", {{"kind", "admin"}}), TokenFault::malformed);
  EXPECT_EQ(fault_with("azureml-cpp", {{"kind", "run"}}), TokenFault::malformed);
  EXPECT_EQ(fault_with("azureml-cpp", {{"kind", "run"}, {"run_id", ""}}), TokenFault::malformed);
}

TEST(Tokens, Rubbish_IsMalformed) {
  Tokens const tokens{an_identity()};
  for (auto const& text : {std::string{}, std::string{"a"}, std::string{"a.b"}, std::string{"a.b.c.d"},
                           std::string{".."}, std::string(100'000, 'a')})
    EXPECT_EQ(tokens.check(text, kNow).fault, TokenFault::malformed);
}

TEST(Tokens, DamagedKey_IsAnErrorAtTheStart) {
  auto identity = an_identity();
  identity.token_key = "short";
  EXPECT_THROW(Tokens{identity}, std::runtime_error);
}

}  // namespace
}  // namespace azureml::tests
