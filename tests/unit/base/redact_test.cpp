#include "base/redact.hpp"

#include <gtest/gtest.h>

#include <string>

namespace azureml::base {
namespace {

constexpr char kToken[] = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

TEST(RedactUrl, HarmlessParametersStayAndOthersAreHidden) {
  EXPECT_EQ(redact_url("https://h/c/b?sv=2021-10-04&sr=b&sp=r&sig=abc%2Fdef%3D"),
            "https://h/c/b?sv=2021-10-04&sr=b&sp=r&sig=***");
  EXPECT_EQ(redact_url("https://h/p?api-version=2024-04-01&$top=5&unknown=x"),
            "https://h/p?api-version=2024-04-01&$top=5&unknown=***");
  EXPECT_EQ(redact_url("https://h/p?SIG=x&Comp=list"), "https://h/p?SIG=***&Comp=list");
}

TEST(RedactUrl, WithoutAQuery_IsUnchanged) {
  for (auto const* const url : {"https://h:443/a%20b/c", "http://h", "/path/only", ""}) EXPECT_EQ(redact_url(url), url);
}

TEST(RedactUrl, UserInfoIsHidden) {
  EXPECT_EQ(redact_url("https://user:pass@h/p"), "https://***@h/p");
  EXPECT_EQ(redact_url("https://tok@en@h/p@q"), "https://***@h/p@q");
  EXPECT_EQ(redact_url("https://h/p@q"), "https://h/p@q");
}

TEST(RedactUrl, FragmentsAndBareWords_AreHidden) {
  EXPECT_EQ(redact_url("https://h/p#access_token=x"), "https://h/p#***");
  EXPECT_EQ(redact_url("https://h/p?comp=list#x?sig=y"), "https://h/p?comp=list#***");
  EXPECT_EQ(redact_url("https://h/p?abcdef"), "https://h/p?***");
  EXPECT_EQ(redact_url("https://h/p?&comp=list&"), "https://h/p?&comp=list&");
}

TEST(RedactText, UrlsWithinText_AreRedacted) {
  EXPECT_EQ(redact_text("GET https://u:p@h/b?sig=x&sp=r failed, see \"http://h/?code=1\"."),
            "GET https://***@h/b?sig=***&sp=r failed, see \"http://h/?code=***\".");
  EXPECT_EQ(redact_text("postgres://user:pass@db/x and HTTPS://h?sig=1"), "postgres://***@db/x and HTTPS://h?sig=***");
}

TEST(RedactText, Tokens_AreHidden) {
  EXPECT_EQ(redact_text("sent Bearer abc.def-ghi to h"), "sent Bearer *** to h");
  EXPECT_EQ(redact_text("Authorization: SharedKey account:c2ln\nDate: x"), "Authorization: ***\nDate: x");
  EXPECT_EQ(redact_text("{\"Authorization\": \"Basic dXNlcg==\", \"a\": 1}"), "{\"Authorization\": \"***\", \"a\": 1}");
  EXPECT_EQ(redact_text(std::string("got ") + kToken + "."), "got ***");
  EXPECT_EQ(redact_text(std::string("{\"x\":\"") + kToken + "\"}"), "{\"x\":\"***\"}");
}

TEST(RedactText, AssignedSecrets_AreHidden) {
  EXPECT_EQ(redact_text("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2Vj+/==;EndpointSuffix=s"),
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=***;EndpointSuffix=s");
  EXPECT_EQ(redact_text("?sv=1&sig=a%2Fb%3D&sp=r"), "?sv=1&sig=***&sp=r");
  EXPECT_EQ(redact_text("client_secret=x password = y PWD=z"), "client_secret=*** password = *** PWD=***");
  EXPECT_EQ(redact_text("SharedAccessSignature=sv&x"), "SharedAccessSignature=***&x");
  EXPECT_EQ(redact_text("{\"password\": \"with blank, comma\", \"user\": \"u\"}"),
            "{\"password\": \"***\", \"user\": \"u\"}");
  EXPECT_EQ(redact_text("{'api_key': 'x'}"), "{'api_key': '***'}");
  EXPECT_EQ(redact_text("{\\\"token\\\":\\\"x\\\",\\\"a\\\":1}"), "{\\\"token\\\":\\\"***\\\",\\\"a\\\":1}");
  EXPECT_EQ(redact_text("token=\"unfinished"), "token=\"***");
  EXPECT_EQ(redact_text("sig="), "sig=***");
}

TEST(RedactText, OrdinaryText_IsUnchanged) {
  for (auto const* const text :
       {"", "the token has expired", "a secret: do not tell", "Bearer", "signature does not match", "key = value",
        "eyJ is how they begin", "design of a password policy", "a/b?c:d", "naïve ünïcode \xFF", "basic tier",
        "authorization failed"})
    EXPECT_EQ(redact_text(text), text);
}

TEST(LoggableHeaders, AFewAre_SecretsAreNot) {
  EXPECT_TRUE(is_loggable_header("Content-Type"));
  EXPECT_TRUE(is_loggable_header("X-MS-Request-Id"));
  for (auto const* const name :
       {"Authorization", "Cookie", "Set-Cookie", "Location", "x-ms-copy-source", "x-ms-meta-name", ""})
    EXPECT_FALSE(is_loggable_header(name)) << name;
}

}  // namespace
}  // namespace azureml::base
