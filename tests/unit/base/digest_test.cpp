#include "base/digest.hpp"

#include "base/encoding.hpp"
#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace azureml::base {
namespace {

// FIPS 180-4 and RFC 1321 examples.
TEST(Sha256, PublishedVectors_AreMatched) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256("abc")), sha256_hex("abc"));
}

TEST(Sha256, MillionBytesInPieces_AreAsInOne) {
  auto digest = Digest::sha256();
  for (int i = 0; i < 1000; ++i) digest.update(std::string(1000, 'a'));
  EXPECT_EQ(to_hex(digest.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Md5, PublishedVectors_AreMatched) {
  EXPECT_EQ(to_hex(Digest::md5().finish()), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(to_hex(Digest::md5().update("message digest").finish()), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Digest, MovedFrom_GoesOnElsewhere) {
  auto first = Digest::sha256();
  first.update("a");
  auto second = std::move(first);
  second.update("bc");
  EXPECT_EQ(to_hex(second.finish()), sha256_hex("abc"));
}

// RFC 4231, test cases 1, 2, 3 and 6.
TEST(HmacSha256, PublishedVectors_AreMatched) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(EqualInConstantTime, ComparesAllBytes) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(RandomBytes, AreAsManyAsAskedForAndDiffer) {
  EXPECT_EQ(random_bytes(0), "");
  EXPECT_EQ(random_bytes(33).size(), 33U);
  EXPECT_NE(random_bytes(16), random_bytes(16));
}

TEST(Uuid, HasTheFormOfARandomOne) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    auto const uuid = new_uuid();
    ASSERT_EQ(uuid.size(), 36U);
    for (std::size_t at = 0; at < uuid.size(); ++at) {
      bool const hyphen = at == 8 || at == 13 || at == 18 || at == 23;
      ASSERT_EQ(uuid[at] == '-', hyphen) << uuid;
      ASSERT_TRUE(hyphen || std::string_view("0123456789abcdef").find(uuid[at]) != std::string_view::npos) << uuid;
    }
    ASSERT_EQ(uuid[14], '4') << uuid;
    ASSERT_NE(std::string_view("89ab").find(uuid[19]), std::string_view::npos) << uuid;
    ASSERT_TRUE(seen.insert(uuid).second);
  }
}

TEST(RandomHex, HasTheDigitsAskedFor) {
  for (std::size_t const digits : {0U, 1U, 7U, 8U, 32U}) {
    auto const text = random_hex(digits);
    EXPECT_EQ(text.size(), digits);
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
      return std::string_view("0123456789abcdef").find(c) != std::string_view::npos;
    }));
  }
}

}  // namespace
}  // namespace azureml::base
