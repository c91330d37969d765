#pragma once
#include "api/states.hpp"

#include <string>

namespace azureml::api {

/// Where a workspace is and how its tokens are had; the rest comes from the options.
struct OpenPlan {
  std::string subscription_id{}, resource_group{}, name{}, resource_manager{};
  http::TokenSource token{};
  http::EndpointSource endpoint{};
  std::shared_ptr<base::UniqueFd> attachment{};
};

/// The logger of a workspace: the application's handler, or silence.
logging::Logger make_logger(WorkspaceOptions const& options);
/// Opens a workspace; no request.
Workspace open(OpenPlan plan, WorkspaceOptions const& options);

}  // namespace azureml::api
