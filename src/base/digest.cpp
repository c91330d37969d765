#include "base/digest.hpp"

#include "base/encoding.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace azureml::base {

struct Digest::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

namespace {
template <class State>
std::unique_ptr<State> started(EVP_MD const* kind) {
  auto state = std::make_unique<State>();
  if (!state->context || EVP_DigestInit_ex(state->context.get(), kind, nullptr) != 1)
    throw std::runtime_error("the hash function is not available in this OpenSSL");
  return state;
}
}  // namespace

Digest::Digest(std::unique_ptr<State> state) : state_(std::move(state)) {}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;
Digest Digest::sha256() { return Digest(started<State>(EVP_sha256())); }
Digest Digest::md5() { return Digest(started<State>(EVP_md5())); }

Digest& Digest::update(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1) throw std::runtime_error("hashing failed");
  return *this;
}

std::string Digest::finish() {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_DigestFinal_ex(state_->context.get(), raw, &length) != 1) throw std::runtime_error("hashing failed");
  return {reinterpret_cast<char const*>(raw), length};
}

std::string sha256(std::string_view bytes) { return Digest::sha256().update(bytes).finish(); }
std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (key.empty()) key = "";  // a null key would mean "the one before"
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<unsigned char const*>(bytes.data()),
            bytes.size(), raw, &length))
    throw std::runtime_error("HMAC failed");
  return {reinterpret_cast<char const*>(raw), length};
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("the system gives no random bytes");
  return bytes;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace azureml::base
