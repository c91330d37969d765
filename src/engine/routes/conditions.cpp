#include "engine/routes/conditions.hpp"

#include "base/time.hpp"
#include "engine/routes/blob_common.hpp"

namespace azureml::engine::routes {
namespace {

std::string_view bare(std::string_view etag) {
  while (etag.starts_with(' ')) etag.remove_prefix(1);
  while (etag.ends_with(' ')) etag.remove_suffix(1);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

/// Clients write ETags with quotes and without.
bool names(std::string_view list, std::string_view etag) {
  for (;;) {
    auto const comma = std::min(list.find(','), list.size());
    auto const one = bare(list.substr(0, comma));
    if (one == "*" || one == bare(etag)) return true;
    if (comma == list.size()) return false;
    list.remove_prefix(comma + 1);
  }
}

/// Dates in headers have whole seconds.
std::chrono::system_clock::time_point whole_seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

ApiError not_met() {
  return blob_error(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
}

bool is_changed_later(Conditions const& conditions, store::BlobRecord const& blob) {
  return conditions.unmodified_since && whole_seconds(blob.modified) > *conditions.unmodified_since;
}
bool is_known_by_date(Conditions const& conditions, store::BlobRecord const& blob) {
  return conditions.modified_since && whole_seconds(blob.modified) <= *conditions.modified_since;
}

}  // namespace

Conditions conditions_of(Request const& request) {
  return {.match = request.header("If-Match"),
          .none_match = request.header("If-None-Match"),
          .modified_since = base::from_http_date(request.header("If-Modified-Since")),
          .unmodified_since = base::from_http_date(request.header("If-Unmodified-Since"))};
}

void check_for_writing(Conditions const& conditions, std::optional<store::BlobRecord> const& existing) {
  if (!existing) {
    if (!conditions.match.empty()) throw not_met();
    return;
  }
  if (conditions.none_match == "*") throw blob_error(409, "BlobAlreadyExists", "The specified blob already exists.");
  if (!conditions.match.empty() && !names(conditions.match, existing->etag)) throw not_met();
  if (!conditions.none_match.empty() && names(conditions.none_match, existing->etag)) throw not_met();
  if (is_changed_later(conditions, *existing) || is_known_by_date(conditions, *existing)) throw not_met();
}

bool is_unchanged(Conditions const& conditions, store::BlobRecord const& blob) {
  if (!conditions.match.empty() && !names(conditions.match, blob.etag)) throw not_met();
  if (conditions.match.empty() && is_changed_later(conditions, blob)) throw not_met();
  if (!conditions.none_match.empty()) return names(conditions.none_match, blob.etag);
  return is_known_by_date(conditions, blob);
}

}  // namespace azureml::engine::routes
