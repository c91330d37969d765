#include "base/redact.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace azureml::base {

namespace {

constexpr std::array<std::string_view, 20> kHarmlessQuery{"api-version", "comp",   "restype",     "prefix",    "delimiter",
                                                          "maxresults",  "path",   "hash",        "hashVersion", "listViewType",
                                                          "$top",        "$skip",  "$orderBy",    "isDefault", "count",
                                                          "sv",          "sp",     "sr",          "se",        "blockid"};
constexpr std::array<std::string_view, 20> kLoggable{
    "accept",       "content-length",         "content-type",     "content-range",       "date",
    "etag",         "host",                   "if-match",         "if-none-match",       "last-modified",
    "range",        "retry-after",            "user-agent",       "x-ms-blob-type",      "x-ms-client-request-id",
    "x-ms-error-code", "x-ms-request-id",     "x-ms-correlation-request-id", "x-ms-version", "x-request-time"};
constexpr std::array<std::string_view, 10> kMarks{"bearer ",  "sig=",     "accountkey=", "sharedaccesssignature=", "password=",
                                                  "passwd=",  "secret=",  "token=",      "client_secret=",         "api_key="};

bool ends_value(char c) { return std::isspace(static_cast<unsigned char>(c)) || c == '"' || c == '\'' || c == '&' || c == ';' || c == '<' || c == '>' || c == ','; }

}  // namespace

std::string redact_url(std::string_view url) {
  std::string result;
  if (auto const scheme = url.find("://"); scheme != std::string_view::npos) {
    auto const begin = scheme + 3;
    auto const end = std::min(url.find_first_of("/?#", begin), url.size());
    auto const at = url.substr(begin, end - begin).rfind('@');
    result = url.substr(0, begin);
    if (at != std::string_view::npos) {
      result += "***@";
      url.remove_prefix(begin + at + 1);
    } else {
      url.remove_prefix(begin);
    }
  }
  auto const question = url.find('?');
  result += url.substr(0, question);
  if (question == std::string_view::npos) return result;
  auto query = url.substr(question + 1);
  result += '?';
  while (!query.empty()) {
    auto const end = std::min(query.find('&'), query.size());
    auto const pair = query.substr(0, end);
    auto const equals = pair.find('=');
    auto const name = pair.substr(0, equals);
    result += name;
    if (equals != std::string_view::npos) {
      bool const harmless = std::any_of(kHarmlessQuery.begin(), kHarmlessQuery.end(),
                                        [&](auto known) { return equal_ignoring_case(known, name); });
      result += '=';
      result += harmless ? pair.substr(equals + 1) : std::string_view("***");
    }
    query.remove_prefix(end);
    if (!query.empty()) {
      result += '&';
      query.remove_prefix(1);
    }
  }
  return result;
}

std::string redact_text(std::string_view text) {
  std::string result;
  auto const lowered = to_lower_ascii(text);
  std::size_t at = 0;
  while (at < text.size()) {
    if (lowered.compare(at, 7, "http://") == 0 || lowered.compare(at, 8, "https://") == 0) {
      auto end = at;
      while (end < text.size() && !(std::isspace(static_cast<unsigned char>(text[end])) || text[end] == '"' || text[end] == '\'' || text[end] == '<' || text[end] == '>')) ++end;
      result += redact_url(text.substr(at, end - at));
      at = end;
      continue;
    }
    bool marked = false;
    for (auto const mark : kMarks) {
      if (lowered.compare(at, mark.size(), mark) != 0) continue;
      result += text.substr(at, mark.size());
      result += "***";
      at += mark.size();
      while (at < text.size() && !ends_value(text[at])) ++at;
      marked = true;
      break;
    }
    if (!marked) result += text[at++];
  }
  return result;
}

bool is_loggable_header(std::string_view name) {
  return std::any_of(kLoggable.begin(), kLoggable.end(), [&](auto known) { return equal_ignoring_case(known, name); });
}

}  // namespace azureml::base
