#pragma once
#include <azureml/fwd.hpp>
#include <azureml/secret.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace azureml {

struct AccessToken {
  std::string token{};
  std::chrono::system_clock::time_point expires_on{};
};

/// How tokens are had. Small and copyable; one credential may serve all threads, one refresh is in flight for everybody.
class Credential {
 public:
  /// No credential: right for `Workspace::local`, a `ValidationError` for the service.
  Credential() = default;
  /// The application's own source of tokens. Called when none is held or less than 5 minutes of life are left, never twice at once;
  /// what it throws reaches the caller as `AuthenticationError`. The scope asked for is `https://management.azure.com/.default`.
  static Credential from_callback(std::function<AccessToken(std::string_view scope)> get_token);
  /// A token from elsewhere, for example of `az account get-access-token`. Read anew at each use, so a file may be renewed by others.
  static Credential from_token(Secret token);
  bool empty() const noexcept { return state_ == nullptr; }

 private:
  friend struct detail::Access;
  struct State;
  explicit Credential(std::shared_ptr<State const> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<State const> state_{};
};

}  // namespace azureml
