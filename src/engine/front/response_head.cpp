#include "engine/front/response_head.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <string_view>

namespace azureml::engine::front {

namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Status";
  }
}

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

bool is_written_by_us(std::string_view name) {
  return base::equal_ignoring_case(name, "Content-Length") || base::equal_ignoring_case(name, "Connection") ||
         base::equal_ignoring_case(name, "Transfer-Encoding");
}

}  // namespace

std::string format_head(int status, routes::Headers const& headers, std::optional<std::uint64_t> content_length,
                        bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + ' ';
  head.append(reason_of(status)).append("\r\n");
  for (auto const& [name, value] : headers) {
    if (!is_token(name) || is_written_by_us(name)) continue;
    head.append(name).append(": ");
    std::transform(value.begin(), value.end(), std::back_inserter(head),
                   [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F ? ' ' : c; });
    head.append("\r\n");
  }
  if (content_length) head.append("Content-Length: ").append(std::to_string(*content_length)).append("\r\n");
  head.append(keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  return head;
}

}  // namespace azureml::engine::front
