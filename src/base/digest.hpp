#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace azureml::base {

/// An incremental hash (OpenSSL). Move-only; one thread at a time.
class Digest {
 public:
  static Digest sha256();
  static Digest md5();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();
  Digest& update(std::string_view bytes);
  std::string finish();  ///< The raw digest; the object is then spent.

 private:
  struct State;
  explicit Digest(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view bytes);                             ///< 32 raw bytes.
std::string sha256_hex(std::string_view bytes);                         ///< 64 lower-case hex digits.
std::string hmac_sha256(std::string_view key, std::string_view bytes);  ///< 32 raw bytes.
std::string random_bytes(std::size_t count);                            ///< From the system's generator; fit for keys.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace azureml::base
