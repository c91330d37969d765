#include "api/open.hpp"

#include "base/encoding.hpp"

#include <azureml/version.hpp>

namespace azureml::api {

namespace {

logging::Level to_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return logging::Level::trace;
    case LogLevel::debug: return logging::Level::debug;
    case LogLevel::info: return logging::Level::info;
    case LogLevel::warning: return logging::Level::warning;
    case LogLevel::error: return logging::Level::error;
  }
  return logging::Level::error;
}

LogLevel from_level(logging::Level level) {
  switch (level) {
    case logging::Level::trace: return LogLevel::trace;
    case logging::Level::debug: return LogLevel::debug;
    case logging::Level::info: return LogLevel::info;
    case logging::Level::warning: return LogLevel::warning;
    case logging::Level::error: return LogLevel::error;
  }
  return LogLevel::error;
}

}  // namespace

logging::Logger make_logger(WorkspaceOptions const& options) {
  if (!options.on_log_record) return {};
  return logging::Logger::to_sink("azureml", to_level(options.log_level),
                                  [handler = options.on_log_record](logging::Level level, std::string_view component, std::string_view message) {
                                    handler({.level = from_level(level), .component = component, .message = message});
                                  });
}

Workspace open(OpenPlan plan, WorkspaceOptions const& options) {
  auto const logger = make_logger(options);
  std::string user_agent = "azureml-cpp/" + std::string(version());
  if (!options.application_id.empty()) user_agent += " " + options.application_id;
  http::Pipeline pipeline({.token = std::move(plan.token), .endpoint = std::move(plan.endpoint), .attempt_timeout = options.request_timeout,
                           .user_agent = std::move(user_agent), .logger = logger.named("azureml.http")});
  auto path = "/subscriptions/" + base::percent_encode(plan.subscription_id) + "/resourceGroups/" + base::percent_encode(plan.resource_group) +
              "/providers/Microsoft.MachineLearningServices/workspaces/" + base::percent_encode(plan.name);
  WorkspaceState state{.subscription_id = std::move(plan.subscription_id),
                       .resource_group = std::move(plan.resource_group),
                       .name = std::move(plan.name),
                       .connection = {.pipeline = std::move(pipeline), .resource_manager = std::move(plan.resource_manager), .workspace_path = std::move(path)},
                       .logger = logger,
                       .attachment = std::move(plan.attachment)};
  return detail::Access::make_handle<Workspace>(std::move(state));
}

}  // namespace azureml::api
