#include "http/log_policy.hpp"

#include "base/redact.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace azureml::http {

namespace {

std::string header_lines(Headers const& headers) {
  std::string result;
  for (auto const& [name, value] : headers) {
    if (!base::is_loggable_header(name)) continue;
    result += (result.empty() ? "" : ", ") + name + ": " + value;
  }
  return result;
}

std::string request_id(Request const& request) {
  auto const found = request.headers.find("x-ms-client-request-id");
  return found == request.headers.end() ? std::string{} : " (request id " + found->second + ")";
}

}  // namespace

LogPolicy::LogPolicy(logging::Logger logger, base::Clock& clock) : logger_(std::move(logger)), clock_(clock) {}

Response LogPolicy::send(Request& request, Context const& context, Next const& next) const {
  if (!logger_.enabled(logging::Level::debug)) return next(request, context);
  auto const begin = clock_.steady_now();
  auto const line = [&](std::string const& outcome) {
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady_now() - begin).count();
    logger_.debug(request.method + " " + base::redact_url(request.url) + " " + outcome + " in " + std::to_string(took) +
                  " ms" + request_id(request));
  };
  if (logger_.enabled(logging::Level::trace)) logger_.trace("request headers: " + header_lines(request.headers));
  try {
    auto response = next(request, context);
    line(std::to_string(response.status));
    if (logger_.enabled(logging::Level::trace)) logger_.trace("response headers: " + header_lines(response.headers));
    return response;
  } catch (std::exception const& error) {
    line("failed (" + base::redact_text(error.what()) + ")");
    throw;
  }
}

}  // namespace azureml::http
