#include "http/transport.hpp"
#include "http/url.hpp"

#include <gtest/gtest.h>

namespace azureml::http {
namespace {

TEST(Headers, NameInOtherCase_IsTheSameHeader) {
  Headers headers{{"Content-Type", "text/plain"}};
  EXPECT_TRUE(headers.contains("content-TYPE"));
  headers["CONTENT-TYPE"] = "application/json";
  EXPECT_EQ(headers.size(), 1U);
  EXPECT_EQ(headers.at("content-type"), "application/json");
  EXPECT_FALSE(headers.contains("content-typ"));
  EXPECT_FALSE(headers.contains("content-types"));
}

TEST(Headers, OrderOfNames_IsStrictAndWeak) {
  IgnoringCase const less;
  EXPECT_FALSE(less("A", "a"));
  EXPECT_FALSE(less("a", "A"));
  EXPECT_TRUE(less("a", "B"));
  EXPECT_TRUE(less("A", "b"));
  EXPECT_TRUE(less("", "a"));
  EXPECT_FALSE(less("", ""));
  // Bytes beyond ASCII are compared as they are, and as unsigned ones.
  EXPECT_TRUE(less("z", "\xc3\xa9"));
  EXPECT_FALSE(less("\xc3\xa9", "z"));
}

TEST(Url, Origin_IsSchemeAndAuthority) {
  EXPECT_EQ(origin_of("https://host:8443/a?b=c"), "https://host:8443");
  EXPECT_EQ(origin_of("http://host?x"), "http://host");
  EXPECT_EQ(origin_of("http://host"), "http://host");
  EXPECT_EQ(origin_of("/a/b"), "");
  EXPECT_EQ(origin_of("http:///a"), "");
  EXPECT_EQ(origin_of("://host/a"), "");
}

TEST(Url, OtherOrigin_KeepsPathAndQueryAsTheyAre) {
  EXPECT_EQ(with_origin("http://127.0.0.1:80/a%2Fb?sig=x%2By", "http://127.0.0.1:80", "http://127.0.0.1:81"),
            "http://127.0.0.1:81/a%2Fb?sig=x%2By");
  EXPECT_EQ(with_origin("http://127.0.0.1:800/a", "http://127.0.0.1:80", "http://127.0.0.1:81"),
            "http://127.0.0.1:800/a");
  EXPECT_EQ(with_origin("HTTP://LocalHost:80/a", "http://localhost:80", "http://127.0.0.1:81"),
            "http://127.0.0.1:81/a");
}

}  // namespace
}  // namespace azureml::http
