#pragma once
#include "http/pipeline.hpp"

#include <azureml/context.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::rest {

/// Where the requests of one workspace go. A value; the pipeline behind it is shared.
struct Connection {
  http::Pipeline pipeline;
  std::string resource_manager{};  ///< `https://management.azure.com`, no slash at the end.
  std::string workspace_path{};    ///< `/subscriptions/…/workspaces/{ws}`, each segment percent-encoded.
  std::string api_version{"2024-04-01"};
};

/// The address of an ARM resource below the workspace: `arm_url(c, "/jobs/x")`, query parameters beside the api-version
/// appended.
std::string arm_url(Connection const& connection, std::string_view path,
                    std::vector<std::pair<std::string, std::string>> const& query = {});

/// Sends and turns 4xx/5xx into ServiceError/NotFoundError (AuthenticationError for 401): the one place where that
/// happens. `what` completes "cannot …", e.g. "submit run 'x'".
http::Response send(Connection const& connection, http::Request request, std::string_view what, Context const& context);

/// A page of some list and the address of the next.
template <class T>
struct Page {
  std::vector<T> items{};
  std::string next{};
};

}  // namespace azureml::rest
