#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace azureml::engine::front {

/// One GET to an engine on this machine, with a token unless it is empty. The body of a 200, nothing for anything else,
/// within the time.
std::optional<std::string> loopback_get(std::uint16_t port, std::string const& target, std::string const& token,
                                        std::chrono::milliseconds timeout);

/// The same with any method, without a body, and for longer answers. Waits for a slow one: only the whole time is bounded.
struct LoopbackRequest {
  std::string method{"GET"}, target{}, token{};
  std::chrono::milliseconds timeout{5'000};
  std::size_t answer_max = 64 << 10;
};
std::optional<std::string> loopback_request(std::uint16_t port, LoopbackRequest const& request);

}  // namespace azureml::engine::front
