#pragma once
#include "http/pipeline.hpp"

#include <azureml/context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::transfer {

struct RangeResult {
  int status = 0;            ///< 200/206: bytes were given to the sink; 416: none yet; 403, 404 as they came.
  std::uint64_t bytes = 0;   ///< Given to the sink.
  bool shrank = false;       ///< The file is shorter than `offset`.
  std::string run_status{};  ///< `x-azureml-run-status`, when the server says it.
};
/// The bytes of a growing file from `offset` on, given to `sink` as they come. `wait`: ask the server to hold the
/// request that long when there are none (`Prefer: wait=`). Never a byte before `offset`, also when the server ignores
/// the range. Signed URL, no token. With `known_status` the hold also ends when the run's status is another word
/// (header `x-azureml-known-status`).
RangeResult read_from(http::Pipeline const& pipeline, std::string const& signed_url, std::uint64_t offset,
                      std::optional<std::chrono::milliseconds> wait, std::string const& known_status,
                      std::function<void(std::string_view)> const& sink, Context const& context);

}  // namespace azureml::transfer
