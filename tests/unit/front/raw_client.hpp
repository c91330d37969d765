#pragma once
#include "base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::tests {

struct RawResponse {
  int status = 0;
  std::map<std::string, std::string> headers{};  ///< Names in lower case.
  std::string body{};
};

/// A socket that says exactly what it is told to, so that tests can be rude. Every wait ends after ten seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  void send(std::string_view bytes);
  /// One response; `without_body` for the answer to a HEAD. Nothing when the peer closed before a whole one.
  std::optional<RawResponse> read(bool without_body = false);
  /// True when the peer closes (or resets) without sending more.
  bool closed_within(std::chrono::milliseconds time = std::chrono::seconds{10});
  /// True when no byte has come within the time.
  bool silent_for(std::chrono::milliseconds time);
  void shut_down_sending();
  [[nodiscard]] int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }

 private:
  bool fill();
  base::UniqueFd fd_;
  std::string buffer_{};
};

/// One request on a connection of its own.
RawResponse ask(std::uint16_t port, std::string const& method, std::string const& target,
                std::string const& extra_headers = {}, std::string const& body = {});

}  // namespace azureml::tests
