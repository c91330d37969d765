#pragma once
#include <chrono>
#include <cstddef>

namespace azureml::engine::front {

struct ServerLimits {
  std::size_t header_max = 64 << 10;
  std::size_t json_body_max = 16 << 20;
  std::size_t connections_max = 1024;
  std::chrono::milliseconds progress_timeout{
      30'000};  ///< Without a byte in either direction while a message is under way; a header has this long in all.
  std::chrono::milliseconds idle_timeout{120'000};  ///< Keep-alive.
};

}  // namespace azureml::engine::front
