#include "engine/front/errors.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace azureml::engine::front {

using json = nlohmann::ordered_json;
using routes::ApiError;
using routes::Plane;
using routes::Reply;

namespace {

constexpr char kPlace[] = "local";  ///< Environment and location of every engine.

std::string pretty(json const& body) {
  return body.dump(2, ' ', false, json::error_handler_t::replace);
}

/// The service writes its times with an offset, never with `Z`.
std::string time_text(std::chrono::system_clock::time_point now) {
  auto text = base::to_iso8601(now);
  if (text.ends_with('Z')) text.replace(text.size() - 1, 1, "+00:00");
  return text;
}

json nested_inner(std::vector<std::string> const& codes) {
  json inner = nullptr;
  for (auto code = codes.rbegin(); code != codes.rend(); ++code) inner = json{{"code", *code}, {"innerError", inner}};
  return inner;
}

json additional(char const* type, json value) {
  return json{{"type", type}, {"info", {{"value", std::move(value)}}}};
}

json arm_details(ApiError const& error) {
  auto details = json::array();
  for (auto const& [code, message] : error.details)
    details.push_back(
        {{"code", code}, {"message", message}, {"details", json::array()}, {"additionalInfo", json::array()}});
  return details;
}

json arm_body(ApiError const& error, ErrorContext const& context) {
  auto info = json::array();
  info.push_back(additional("ComponentName", "managementfrontend"));
  info.push_back(
      additional("Correlation", {{"operation", context.operation_id}, {"request", context.request_id.substr(0, 16)}}));
  info.push_back(additional("Environment", kPlace));
  info.push_back(additional("Location", kPlace));
  info.push_back(additional("Time", time_text(context.now)));
  if (!error.inner.empty()) info.push_back(additional("InnerError", nested_inner(error.inner)));
  info.push_back(additional("MessageFormat", error.message));
  return json{{"error",
               {{"code", error.code},
                {"message", error.message},
                {"details", arm_details(error)},
                {"additionalInfo", std::move(info)}}}};
}

/// Which service of the data plane a path belongs to, as it names itself in errors.
char const* component_of(std::string_view path) {
  auto const end = path.find('/', 1);
  auto const service = path.substr(0, end);
  if (base::equal_ignoring_case(service, "/artifact")) return "artifact";
  if (base::equal_ignoring_case(service, "/metric")) return "metric";
  if (base::equal_ignoring_case(service, "/history")) return "RunHistory";
  return "azureml";
}

json data_body(ApiError const& error, ErrorContext const& context) {
  auto details = json::array();
  for (auto const& [code, message] : error.details)
    details.push_back({{"code", code}, {"message", message}, {"details", json::array()}});
  json inner{{"code", error.code},
             {"severity", nullptr},
             {"message", error.message},
             {"messageFormat", nullptr},
             {"messageParameters", nullptr},
             {"referenceCode", nullptr},
             {"detailsUri", nullptr},
             {"target", nullptr},
             {"details", std::move(details)},
             {"innerError", nested_inner(error.inner)},
             {"debugInfo", nullptr},
             {"additionalInfo", nullptr}};
  return json{{"error", std::move(inner)},
              {"correlation", {{"operation", context.operation_id}, {"request", context.request_id.substr(0, 16)}}},
              {"environment", kPlace},
              {"location", kPlace},
              {"time", time_text(context.now)},
              {"componentName", component_of(context.path)}};
}

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (char const c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
    }
  }
  return escaped;
}

std::string blob_body(ApiError const& error, ErrorContext const& context) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" + escape_xml(error.code) + "</Code><Message>" +
         escape_xml(error.message) + "\nRequestId:" + context.request_id + "\nTime:" + base::to_iso8601(context.now) +
         "</Message></Error>";
}

json simple_body(ApiError const& error) {
  return json{{"error", {{"code", error.code}, {"message", error.message}}}};
}

}  // namespace

Reply make_error_reply(Plane plane, ApiError const& error, ErrorContext const& context) {
  Reply reply{.status = error.status, .headers = error.headers};
  if (plane == Plane::blob) {
    reply.headers.insert_or_assign("Content-Type", "application/xml");
    reply.headers.insert_or_assign("x-ms-error-code", error.code);
    reply.body = blob_body(error, context);
    return reply;
  }
  reply.headers.insert_or_assign("Content-Type", "application/json; charset=utf-8");
  if (plane == Plane::engine || context.front_door)
    reply.body = pretty(simple_body(error));
  else
    reply.body = pretty(plane == Plane::arm ? arm_body(error, context) : data_body(error, context));
  if (plane != Plane::engine) reply.headers.insert_or_assign("x-ms-response-type", "error");
  return reply;
}

}  // namespace azureml::engine::front
