#pragma once
#include "engine/store/store.hpp"

#include <memory>
#include <string_view>

namespace azureml::engine::routes {

/// A filter over runs as clients write it: `status eq 'Running' and (Tags/a eq b or not (Tags/a ne null))`. Comparisons with `eq` and `ne`
/// of runId, status, runType, displayName, parentRunId, rootRunId, hidden, tags/<key> and properties/<key>, and with all six operators of
/// createdUtc, startTimeUtc and endTimeUtc; names and words of the expression without regard to case. A value stands bare, as the older
/// clients send it, or in single quotes, where two make one. A tag or property that a run has not makes every comparison with it false.
class RunFilter {
 public:
  /// An empty text is a filter that every run passes. @throws ApiError 400 naming what is not understood and where
  static RunFilter parse(std::string_view text);
  [[nodiscard]] bool passes(store::JobRecord const& job) const;
  [[nodiscard]] bool is_empty() const noexcept { return root_ == nullptr; }
  /// Tags that every run which passes must have, for the store to look up; at most `Store::kFilterTagsMax`.
  [[nodiscard]] store::StringMap needed_tags() const;

  struct Node;

 private:
  std::shared_ptr<Node const> root_{};
};

}  // namespace azureml::engine::routes
