#pragma once
#include "engine/routes/exchange.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace azureml::engine::front {

/// What an error body says about the request it answers.
struct ErrorContext {
  std::string operation_id{}, request_id{};
  std::string path{};  ///< Decides which service of the data plane speaks.
  std::chrono::system_clock::time_point now{};
  /// Said by the resource manager itself, before any service was asked: code and message alone.
  bool front_door = false;
};

/// The error factory: a reply in the shape in which the service's plane writes errors.
routes::Reply make_error_reply(routes::Plane plane, routes::ApiError const& error, ErrorContext const& context);

}  // namespace azureml::engine::front
