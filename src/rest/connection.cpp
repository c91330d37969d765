#include "rest/connection.hpp"

#include "base/encoding.hpp"
#include "rest/errors.hpp"
#include "rest/requests.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

std::string without_slash(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

std::string segment(std::string_view text) {
  return base::percent_encode(text);
}

std::string segments(std::string_view path) {
  return base::percent_encode(path, "/");
}

std::string arm_url(Connection const& connection, std::string_view path,
                    std::vector<std::pair<std::string, std::string>> const& query) {
  auto url = without_slash(connection.resource_manager) + connection.workspace_path + std::string(path) +
             "?api-version=" + segment(connection.api_version);
  for (auto const& [name, value] : query) url += "&" + base::percent_encode(name, "$") + "=" + segment(value);
  return url;
}

std::string plane_url(Connection const& connection, std::string_view api, std::string_view plane,
                      std::string_view path) {
  return without_slash(api) + "/" + std::string(plane) + connection.workspace_path + std::string(path);
}

std::string arm_id(Connection const& connection, std::string_view kind, std::string_view name) {
  auto const workspace = base::percent_decode(connection.workspace_path).value_or(connection.workspace_path);
  return workspace + "/" + std::string(kind) + "/" + std::string(name);
}

http::Request get_request(std::string url) {
  return {.method = "GET", .url = std::move(url), .idempotent = true};
}

http::Request json_request(std::string method, std::string url, Json const& body) {
  return {.method = std::move(method),
          .url = std::move(url),
          .headers = {{"Content-Type", "application/json"}},
          .body = dump(body),
          .idempotent = true};
}

http::Response send(Connection const& connection, http::Request request, std::string_view what,
                    Context const& context) {
  request.headers.try_emplace("Accept", "application/json");
  auto response = connection.pipeline.send(std::move(request), context);
  if (response.status < 200 || response.status >= 300) throw_service_error(response, what);
  return response;
}

Json exchange(Connection const& connection, http::Request request, std::string_view what, Context const& context) {
  return parse_answer(send(connection, std::move(request), what, context), what);
}

}  // namespace azureml::rest
