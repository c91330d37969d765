#pragma once
#include "base/unique_fd.hpp"
#include "http/pipeline.hpp"
#include "log/logger.hpp"

#include <azureml/workspace.hpp>

#include <memory>
#include <string>

namespace azureml::api {

/// An engine this process is attached to.
struct AttachedEngine {
  std::string endpoint{};                          ///< `http://127.0.0.1:PORT`
  std::shared_ptr<base::UniqueFd> attachment{};    ///< The shared lock that keeps an idle engine from leaving.
  http::TokenSource token{};                       ///< Reads the home's token file, which the engine renews.
  http::EndpointSource endpoint_source{};          ///< Starts the engine again when its connection is refused.
};

/// Finds the home's engine, or starts one. @throws EngineError naming what was tried, what came back, what to do
AttachedEngine attach(LocalOptions const& options, logging::Logger logger);

}  // namespace azureml::api
