#pragma once
#include "engine/store/home.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace azureml::engine::front {

/// What a token that was signed by this home says.
struct TokenClaims {
  enum class Kind { home, run } kind = Kind::home;
  std::string run_id{};
  std::chrono::system_clock::time_point expires{};
};

/// Why a token was not taken.
enum class TokenFault { none, malformed, wrong_signature, expired };

struct TokenCheck {
  TokenFault fault = TokenFault::none;
  TokenClaims claims{};
};

/// Signs and checks the home's JSON Web Tokens (HS256; official clients decode them). Immutable, thread-safe.
class Tokens {
 public:
  explicit Tokens(store::Identity const& identity);

  [[nodiscard]] std::string home_token(std::chrono::system_clock::time_point now, std::chrono::seconds life) const;
  [[nodiscard]] std::string run_token(std::string const& run_id, std::chrono::system_clock::time_point now,
                                      std::chrono::seconds life) const;
  [[nodiscard]] TokenCheck check(std::string_view token, std::chrono::system_clock::time_point now) const;

 private:
  [[nodiscard]] std::string sign(std::string const& payload) const;
  std::string key_, home_id_, tenant_;
};

inline constexpr std::chrono::seconds kHomeTokenLife = std::chrono::hours{24};
inline constexpr std::chrono::seconds kHomeTokenRenewal = std::chrono::hours{12};
inline constexpr std::chrono::seconds kRunTokenLife = std::chrono::hours{24 * 7};
inline constexpr std::chrono::seconds kRunTokenGrace = std::chrono::minutes{10};  ///< After the end of the run.

}  // namespace azureml::engine::front
