#pragma once
#include "api/log_choice.hpp"
#include "api/states.hpp"

#include <azureml/run.hpp>

#include <functional>

namespace azureml::api {

struct FollowPlan {
  LogChunkHandler on_log{};                            ///< Empty: no log is fetched.
  std::function<void(RunDetails const&)> on_details{}; ///< For every record seen.
  LogCursor from{};                                    ///< Where the logs are read on.
  LogWish logs{};                                      ///< Instead of the usual ones.
  bool with_steps = false;                             ///< Also the logs of the environment's build and the like.
  bool only_what_is_there = false;                     ///< One round, then return.
  bool until_finalizing = false;                       ///< Return at Finalizing or CancelRequested, without draining.
};

/// Follows a run until it is terminal and its log drained. Log bytes are given in order, each once, by position; a lost connection is
/// tried again by the requests' own retries and then thrown, never taken for the end.
RunDetails follow(RunRecord const& run, FollowPlan const& plan, Context const& context);

}  // namespace azureml::api
