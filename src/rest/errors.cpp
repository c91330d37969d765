#include "rest/errors.hpp"

#include "base/encoding.hpp"
#include "base/redact.hpp"
#include "core/make_error.hpp"
#include "rest/json_reading.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace azureml::rest {

namespace {

constexpr std::size_t kDetailsMax = 20;
constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kMessageMax = 2048;
constexpr std::size_t kBodyMax = 8192;

/// Not longer than `length_max` bytes and not ending within a character.
std::string_view cut(std::string_view text, std::size_t length_max) {
  if (text.size() <= length_max) return text;
  auto end = length_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string first_of(Json const& object, std::initializer_list<char const*> names) {
  for (auto const* name : names) {
    if (auto result = text(object, name); !result.empty()) return result;
  }
  return {};
}

Json const& inner_of(Json const& error) {
  for (auto const* name : {"innerError", "innererror"}) {
    if (auto const& inner = member(error, name); inner.is_object()) return inner;
  }
  for (auto const& entry : member(error, "additionalInfo")) {
    if (text(entry, "type") == "InnerError") return member(member(entry, "info"), "value");
  }
  return member(error, "");
}

std::string deepest_code(Json const& error) {
  std::string result;
  auto const* inner = &inner_of(error);
  for (std::size_t depth = 0; depth < kDepthMax && inner->is_object(); ++depth) {
    if (auto code = text(*inner, "code"); !code.empty()) result = std::move(code);
    inner = &inner_of(*inner);
  }
  return result;
}

void collect_details(Json const& error, std::vector<std::string>& details, std::size_t depth) {
  if (depth >= kDepthMax) return;
  for (auto const& detail : member(error, "details")) {
    if (details.size() >= kDetailsMax) return;
    auto const code = text(detail, "code");
    auto const message = text(detail, "message");
    if (!code.empty() || !message.empty())
      details.push_back(code + (code.empty() || message.empty() ? "" : ": ") + message);
    collect_details(detail, details, depth + 1);
  }
}

std::string header(http::Response const& response, char const* name) {
  auto const found = response.headers.find(name);
  return found == response.headers.end() ? std::string{} : found->second;
}

std::string xml_unescaped(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string result;
  while (!text.empty()) {
    auto const entity =
        std::find_if(kEntities.begin(), kEntities.end(), [&](auto const& one) { return text.starts_with(one.first); });
    if (entity != kEntities.end()) {
      result += entity->second;
      text.remove_prefix(entity->first.size());
    } else {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

std::string xml_element(std::string_view xml, std::string const& name) {
  auto const begin = xml.find("<" + name + ">");
  if (begin == std::string_view::npos) return {};
  auto const from = begin + name.size() + 2;
  auto const end = xml.find("</" + name + ">", from);
  return end == std::string_view::npos ? std::string{} : xml_unescaped(xml.substr(from, end - from));
}

ErrorReading read_json(Json const& body) {
  auto const& error = member(body, "error");
  ErrorReading result;
  if (error.is_object()) {
    result = read_error_object(error);
  } else if (error.is_string()) {
    // As the token endpoint writes it.
    result.code = text(body, "error");
    result.message = text(body, "error_description");
  } else {
    result = read_error_object(body);
  }
  result.request_id = text(member(body, "correlation"), "request");
  return result;
}

}  // namespace

ErrorReading read_error_object(Json const& error) {
  ErrorReading result;
  result.code = first_of(error, {"code", "Code"});
  result.message = first_of(error, {"message", "Message"});
  result.inner_code = deepest_code(error);
  collect_details(error, result.details, 0);
  return result;
}

ErrorReading read_error(http::Response const& response) {
  ErrorReading result;
  if (Json const body = Json::parse(response.body, nullptr, false); body.is_object()) {
    result = read_json(body);
  } else if (auto const xml = std::string_view(response.body); xml.find("<Error>") != std::string_view::npos) {
    result.code = xml_element(xml, "Code");
    result.message = xml_element(xml, "Message");
    // The ids that follow are in the headers, too.
    if (auto const line = result.message.find("\nRequestId:"); line != std::string::npos) result.message.resize(line);
  }
  if (result.code.empty()) result.code = header(response, "x-ms-error-code");
  for (auto const* name : {"x-ms-correlation-request-id", "x-ms-request-id", "x-ms-client-request-id"}) {
    if (auto id = header(response, name); !id.empty()) {
      result.request_id = std::move(id);
      break;
    }
  }
  return result;
}

std::string quotable(std::string_view text, std::size_t length_max) {
  auto result = base::redact_text(cut(text, length_max));
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  auto const end = result.find_last_not_of(' ');
  result.resize(end == std::string::npos ? 0 : end + 1);
  if (text.size() > length_max) result += "…";
  return result;
}

std::string describe_body(http::Response const& response) {
  if (response.body.empty()) return "an empty body";
  auto const type = base::to_lower_ascii(header(response, "Content-Type"));
  if (type.find("html") != std::string::npos ||
      base::to_lower_ascii(response.body.substr(0, 15)).starts_with("<!doctype html"))
    return "an HTML page";
  if (type.empty()) return "text of no known type";
  return quotable(type, 80);
}

void throw_service_error(http::Response const& response, std::string_view what) {
  auto const error = read_error(response);
  auto message = "cannot " + std::string(what) + ": " + std::to_string(response.status);
  if (!error.code.empty()) message += " " + quotable(error.code, 200);
  if (!error.message.empty()) {
    message += ": " + quotable(error.message, kMessageMax);
  } else if (response.status >= 300 && response.status < 400) {
    message += ": a redirect, which is never followed; check the endpoint";
  } else if (error.code.empty()) {
    message += ": the answer was " + describe_body(response) + ", not an error of the service";
  }
  for (auto const& detail : error.details) {
    auto const words = detail.find(": ");
    bool const said = words != std::string::npos && error.message.find(detail.substr(words + 2)) != std::string::npos;
    if (!said) message += "; " + quotable(detail, kMessageMax);
  }
  if (response.status == 401) message += "; sign in again or check the credential";
  if (!error.request_id.empty()) message += " (request id " + quotable(error.request_id, 100) + ")";

  constexpr std::array kRetryable{408, 429, 500, 502, 503, 504};
  core::ErrorState state;
  state.status = response.status;
  state.retryable = std::find(kRetryable.begin(), kRetryable.end(), response.status) != kRetryable.end();
  state.request_id = error.request_id;
  state.code = error.code;
  state.inner_code = error.inner_code;
  state.body = std::string(cut(base::redact_text(cut(response.body, kBodyMax)), kBodyMax));
  if (response.status == 401) throw core::make_error<AuthenticationError>(message, std::move(state));
  if (response.status == 404) throw core::make_error<NotFoundError>(message, std::move(state));
  throw core::make_error<ServiceError>(message, std::move(state));
}

}  // namespace azureml::rest
