#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace azureml::engine::front {

/// One GET to an engine on this machine, with a token unless it is empty. The body of a 200, nothing for anything else,
/// within the time.
std::optional<std::string> loopback_get(std::uint16_t port, std::string const& target, std::string const& token,
                                        std::chrono::milliseconds timeout);

}  // namespace azureml::engine::front
