#pragma once
#include "engine/front/config.hpp"

namespace azureml::engine::front {

/// `azureml engine serve`: an engine until it is idle or SIGTERM, SIGINT or SIGHUP comes. Prints one line of JSON on
/// standard output when it is ready; everything else goes to engine.log. Call it before the program has other threads:
/// it blocks these signals for all of them.
/// @returns 0 @throws std::runtime_error with one sentence when the engine cannot start
int serve(ServeOptions const& options);

}  // namespace azureml::engine::front
