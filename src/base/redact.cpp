#include "base/redact.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace azureml::base {

namespace {

constexpr std::array<std::string_view, 20> kHarmlessQuery{
    "api-version", "comp",        "restype",      "prefix", "delimiter", "maxresults", "path",
    "hash",        "hashVersion", "listViewType", "$top",   "$skip",     "$orderBy",   "isDefault",
    "count",       "sv",          "sp",           "sr",     "se",        "blockid"};
constexpr std::array<std::string_view, 20> kLoggable{"accept",
                                                     "content-length",
                                                     "content-type",
                                                     "content-range",
                                                     "date",
                                                     "etag",
                                                     "host",
                                                     "if-match",
                                                     "if-none-match",
                                                     "last-modified",
                                                     "range",
                                                     "retry-after",
                                                     "user-agent",
                                                     "x-ms-blob-type",
                                                     "x-ms-client-request-id",
                                                     "x-ms-error-code",
                                                     "x-ms-request-id",
                                                     "x-ms-correlation-request-id",
                                                     "x-ms-version",
                                                     "x-request-time"};
/// What a secret is called; any beginning before it counts too (`client_secret`).
constexpr std::array<std::string_view, 14> kSecretNames{
    "sig",      "accountkey", "accesskey", "access_key",      "sharedaccesssignature",
    "password", "passwd",     "pwd",       "sharedaccesskey", "secret",
    "token",    "api_key",    "apikey",    "api-key"};
constexpr std::string_view kHidden = "***";

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
bool ends_url(char c) {
  return is_space(c) || c == '"' || c == '\'' || c == '<' || c == '>';
}
bool ends_value(char c) {
  return ends_url(c) || c == '&' || c == ';' || c == '\\' || c == ')' || c == '}';
}

bool is_harmless(std::string_view name) {
  return std::any_of(kHarmlessQuery.begin(), kHarmlessQuery.end(),
                     [&](auto known) { return equal_ignoring_case(known, name); });
}

/// Everything behind the authority's user info.
std::string redact_path_and_query(std::string_view url) {
  auto const hash = std::min(url.find('#'), url.size());
  auto const fragment = hash < url.size() ? "#" + std::string(kHidden) : std::string{};
  url = url.substr(0, hash);
  auto const question = std::min(url.find('?'), url.size());
  std::string result(url.substr(0, question));
  auto query = url.substr(question);
  for (char mark = '?'; !query.empty(); mark = '&') {
    query.remove_prefix(1);
    auto const end = std::min(query.find('&'), query.size());
    auto const pair = query.substr(0, end);
    auto const equals = std::min(pair.find('='), pair.size());
    auto const name = pair.substr(0, equals);
    result += mark;
    if (is_harmless(name) || pair.empty())
      result += pair;
    else if (equals < pair.size())
      result.append(name).append("=").append(kHidden);
    else
      result += kHidden;
    query.remove_prefix(end);
  }
  return result + fragment;
}

/// The text of somebody else, passed on piece by piece.
class Redaction {
 public:
  explicit Redaction(std::string_view text) : text_(text), lowered_(to_lower_ascii(text)) {}

  std::string run() {
    while (at_ < text_.size())
      if (!take_url() && !take_credentials() && !take_web_token() && !take_assignment()) result_ += text_[at_++];
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool is_here(std::string_view lowered) const {
    return lowered_.compare(at_, lowered.size(), lowered) == 0;
  }
  template <class Ends>
  void hide_until(Ends ends) {
    result_ += kHidden;
    while (at_ < text_.size() && !ends(text_[at_])) ++at_;
  }
  void pass(std::size_t count) {
    result_ += text_.substr(at_, count);
    at_ += std::min(count, text_.size() - at_);
  }

  /// From `://` on: the scheme has been passed.
  bool take_url() {
    if (!is_here("://")) return false;
    auto end = at_;
    while (end < text_.size() && !ends_url(text_[end])) ++end;
    result_ += redact_url(text_.substr(at_, end - at_));
    at_ = end;
    return true;
  }

  /// `Bearer …`, and all that an `Authorization` header says.
  bool take_credentials() {
    if (at_ > 0 && is_word(text_[at_ - 1])) return false;
    if (is_here("bearer ")) {
      pass(7);
      hide_until(ends_value);
      return true;
    }
    if (!is_here("authorization")) return false;
    auto begin = at_ + std::string_view("authorization").size();
    while (begin < text_.size() && (text_[begin] == '"' || text_[begin] == '\'' || text_[begin] == '\\')) ++begin;
    if (begin == text_.size() || (text_[begin] != ':' && text_[begin] != '=')) return false;
    ++begin;
    while (begin < text_.size() && (is_space(text_[begin]) || text_[begin] == '"')) ++begin;
    pass(begin - at_);
    hide_until([](char c) { return c == '\n' || c == '\r' || c == '"'; });
    return true;
  }

  /// A JSON web token, whatever stands before it.
  bool take_web_token() {
    if (text_.compare(at_, 3, "eyJ") != 0 || (at_ > 0 && is_word(text_[at_ - 1]))) return false;
    auto end = at_;
    int dots = 0;
    for (; end < text_.size() && (is_word(text_[end]) || text_[end] == '.'); ++end) dots += text_[end] == '.' ? 1 : 0;
    if (dots == 0 || end - at_ < 20) return false;
    result_ += kHidden;
    at_ = end;
    return true;
  }

  /// `name=value`, `"name": "value"`, `'name': 'value'`, also with escaped quotes.
  bool take_assignment() {
    for (auto const name : kSecretNames) {
      if (!is_here(name)) continue;
      auto begin = at_ + name.size();
      bool const quoted_name = skip(begin, "\\\"'");
      skip(begin, " ");
      if (begin == text_.size() || !(text_[begin] == '=' || (text_[begin] == ':' && quoted_name))) continue;
      ++begin;
      skip(begin, " ");
      skip(begin, "\\");
      char const quote = begin < text_.size() && (text_[begin] == '"' || text_[begin] == '\'') ? text_[begin++] : '\0';
      pass(begin - at_);
      if (quote != '\0')
        hide_until([quote](char c) { return c == quote || c == '\\'; });
      else
        hide_until(ends_value);
      return true;
    }
    return false;
  }
  bool skip(std::size_t& at, std::string_view any_of) const {
    auto const begin = at;
    while (at < text_.size() && any_of.find(text_[at]) != std::string_view::npos) ++at;
    return at != begin;
  }

  std::string_view text_;
  std::string lowered_;
  std::string result_{};
  std::size_t at_ = 0;
};

}  // namespace

std::string redact_url(std::string_view url) {
  std::string result;
  if (auto const scheme = url.find("://"); scheme != std::string_view::npos) {
    auto const begin = scheme + 3;
    auto const end = std::min(url.find_first_of("/?#", begin), url.size());
    auto const at = url.substr(begin, end - begin).rfind('@');
    result = url.substr(0, begin);
    if (at != std::string_view::npos) result += std::string(kHidden) + "@";
    url.remove_prefix(at == std::string_view::npos ? begin : begin + at + 1);
  }
  return result + redact_path_and_query(url);
}

std::string redact_text(std::string_view text) {
  return Redaction(text).run();
}

bool is_loggable_header(std::string_view name) {
  return std::any_of(kLoggable.begin(), kLoggable.end(), [&](auto known) { return equal_ignoring_case(known, name); });
}

}  // namespace azureml::base
