#pragma once
// The conditional headers of HTTP, as the blob service reads them.
#include "engine/routes/exchange.hpp"
#include "engine/store/store.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace azureml::engine::routes {

struct Conditions {
  std::string match{}, none_match{};  ///< Lists of ETags, or `*`.
  std::optional<std::chrono::system_clock::time_point> modified_since{}, unmodified_since{};
};
Conditions conditions_of(Request const& request);

/// @throws ApiError 409 BlobAlreadyExists for `If-None-Match: *`, else 412 ConditionNotMet
void check_for_writing(Conditions const& conditions, std::optional<store::BlobRecord> const& existing);
/// True: the reader has it already, which is said with 304. @throws ApiError 412 ConditionNotMet
bool is_unchanged(Conditions const& conditions, store::BlobRecord const& blob);

}  // namespace azureml::engine::routes
