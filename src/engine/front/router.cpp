#include "engine/front/router.hpp"

#include "base/encoding.hpp"
#include "engine/front/service_operations.hpp"
#include "engine/routes/services.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace azureml::engine::front {

using base::equal_ignoring_case;
using routes::ApiError;
using routes::Plane;

namespace {

constexpr std::string_view kWorkspacePattern =
    "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/workspaces/{ws}";

/// One segment of a pattern: literal text, or a capture with literal text around it.
struct Segment {
  enum class Kind { literal, capture, rest } kind = Kind::literal;
  std::string prefix{}, name{}, suffix{};
};

Segment compile_segment(std::string_view text, std::string_view pattern) {
  auto const open = text.find('{');
  auto const close = text.find('}');
  if (open == std::string_view::npos && close == std::string_view::npos) return {.prefix = std::string{text}};
  auto bad = [&] {
    return std::invalid_argument{"bad segment '" + std::string{text} + "' in the route pattern " +
                                 std::string{pattern}};
  };
  if (open == std::string_view::npos || close == std::string_view::npos || close <= open + 1) throw bad();
  Segment segment{.kind = Segment::Kind::capture,
                  .prefix = std::string{text.substr(0, open)},
                  .name = std::string{text.substr(open + 1, close - open - 1)},
                  .suffix = std::string{text.substr(close + 1)}};
  if (segment.suffix.find_first_of("{}") != std::string::npos) throw bad();
  if (segment.name.ends_with("...")) {
    segment.kind = Segment::Kind::rest;
    segment.name.resize(segment.name.size() - 3);
    if (segment.name.empty() || !segment.suffix.empty()) throw bad();
  }
  return segment;
}

std::vector<Segment> compile(std::string const& pattern) {
  std::string text = pattern;
  if (auto const at = text.find("{WS}"); at != std::string::npos) {
    text.replace(at, 4, kWorkspacePattern);
    if (at > 0 && text[at - 1] == '/') text.erase(at - 1, 1);
  }
  if (text.empty() || text.front() != '/')
    throw std::invalid_argument{"the route pattern " + pattern + " does not begin with '/'"};
  std::vector<Segment> segments;
  for (std::size_t begin = 1; begin < text.size();) {
    auto const end = std::min(text.find('/', begin), text.size());
    segments.push_back(compile_segment(std::string_view{text}.substr(begin, end - begin), pattern));
    begin = end + 1;
    if (segments.back().kind == Segment::Kind::rest && begin < text.size())
      throw std::invalid_argument{"the route pattern " + pattern + " goes on after the rest of the path"};
  }
  return segments;
}

/// Orders what matches the same path: fewer and later captures first.
bool more_specific(std::vector<Segment> const& a, std::vector<Segment> const& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].kind != b[i].kind) return a[i].kind < b[i].kind;
    auto const literal = [](Segment const& s) { return s.prefix.size() + s.suffix.size(); };
    if (a[i].kind != Segment::Kind::literal && literal(a[i]) != literal(b[i])) return literal(a[i]) > literal(b[i]);
  }
  return a.size() > b.size();
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

/// The captured part of one decoded segment; nothing when the literal parts differ or nothing is left for the capture.
std::optional<std::string> capture(Segment const& segment, std::string_view text) {
  if (text.size() <= segment.prefix.size() + segment.suffix.size()) return std::nullopt;
  if (!starts_with_ignoring_case(text, segment.prefix)) return std::nullopt;
  text.remove_prefix(segment.prefix.size());
  if (!equal_ignoring_case(text.substr(text.size() - segment.suffix.size()), segment.suffix)) return std::nullopt;
  return std::string{text.substr(0, text.size() - segment.suffix.size())};
}

std::string join_from(std::vector<std::string> const& segments, std::size_t begin) {
  std::string text;
  for (auto i = begin; i < segments.size(); ++i) text += (i > begin ? "/" : "") + segments[i];
  return text;
}

bool match_segments(std::vector<Segment> const& pattern, std::vector<std::string> const& segments,
                    std::map<std::string, std::string>& parameters) {
  auto const takes_rest = !pattern.empty() && pattern.back().kind == Segment::Kind::rest;
  auto count = segments.size();
  if (!takes_rest && count > pattern.size() && segments.back().empty()) --count;  // A trailing slash says nothing.
  if (takes_rest ? count < pattern.size() : count != pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    auto const& part = pattern[i];
    if (part.kind == Segment::Kind::literal) {
      if (!equal_ignoring_case(part.prefix, segments[i])) return false;
    } else {
      auto value = capture(part, part.kind == Segment::Kind::rest ? join_from(segments, i) : segments[i]);
      if (!value) return false;
      parameters.insert_or_assign(part.name, std::move(*value));
    }
  }
  return true;
}

void refuse_slashes_in_single_captures(std::vector<Segment> const& pattern,
                                       std::map<std::string, std::string> const& parameters) {
  for (auto const& part : pattern) {
    if (part.kind != Segment::Kind::capture || parameters.at(part.name).find('/') == std::string::npos) continue;
    throw ApiError{.status = 400,
                   .code = "BadRequest",
                   .message = "The path has an encoded slash inside the value of '" + part.name +
                              "'; that name cannot contain one."};
  }
}

}  // namespace

struct Router::Compiled {
  Operation operation{};
  std::vector<Segment> pattern{};
};

Router::Router(std::vector<Operation> operations, std::string storage_account)
    : storage_account_(std::move(storage_account)) {
  for (auto& operation : operations) {
    if (static_cast<bool>(operation.handle) == static_cast<bool>(operation.upload))
      throw std::invalid_argument{"the route " + operation.name + " must have either a handler or an upload"};
    auto compiled = std::make_unique<Compiled>();
    compiled->pattern = compile(operation.pattern);
    compiled->operation = std::move(operation);
    table_.push_back(std::move(compiled));
  }
  std::stable_sort(table_.begin(), table_.end(),
                   [](auto const& a, auto const& b) { return more_specific(a->pattern, b->pattern); });
}

Router::~Router() = default;

bool Router::is_blob_path(Target const& target) const {
  return !target.segments.empty() && equal_ignoring_case(target.segments.front(), storage_account_);
}

Match Router::match(std::string_view method, Target const& target) const {
  Match result;
  auto const blob_path = is_blob_path(target);
  Compiled const* get = nullptr;
  std::map<std::string, std::string> get_parameters;
  for (auto const& entry : table_) {
    if ((entry->operation.plane == Plane::blob) != blob_path) continue;
    std::map<std::string, std::string> parameters;
    if (!match_segments(entry->pattern, target.segments, parameters)) continue;
    if (entry->operation.method == method) {
      refuse_slashes_in_single_captures(entry->pattern, parameters);
      result.operation = &entry->operation;
      result.parameters = std::move(parameters);
      return result;
    }
    if (method == "HEAD" && get == nullptr && entry->operation.method == "GET") {
      get = entry.get();
      get_parameters = std::move(parameters);
    }
    if (std::find(result.allowed.begin(), result.allowed.end(), entry->operation.method) == result.allowed.end())
      result.allowed.push_back(entry->operation.method);
  }
  if (get != nullptr) {
    refuse_slashes_in_single_captures(get->pattern, get_parameters);
    result.operation = &get->operation;
    result.parameters = std::move(get_parameters);
  }
  return result;
}

void check_scope(Target const& target) {
  auto const& s = target.segments;
  // Data planes put a service name and a version, some a word more, before the scope.
  std::size_t at = 0;
  while (at < std::min<std::size_t>(s.size(), 4) && !equal_ignoring_case(s[at], "subscriptions")) ++at;
  if (at + 1 >= s.size() || !equal_ignoring_case(s[at], "subscriptions")) return;
  auto const& subscription = s[at + 1];
  if (!equal_ignoring_case(subscription, routes::kSubscription))
    throw ApiError{.status = 404,
                   .code = "SubscriptionNotFound",
                   .message = "The subscription '" + subscription + "' could not be found."};
  if (at + 3 >= s.size() || !equal_ignoring_case(s[at + 2], "resourceGroups")) return;
  auto const& group = s[at + 3];
  if (!equal_ignoring_case(group, routes::kResourceGroup))
    throw ApiError{.status = 404,
                   .code = "ResourceGroupNotFound",
                   .message = "Resource group '" + group + "' could not be found."};
  if (at + 7 >= s.size() || !equal_ignoring_case(s[at + 4], "providers") ||
      !equal_ignoring_case(s[at + 5], "Microsoft.MachineLearningServices") ||
      !equal_ignoring_case(s[at + 6], "workspaces"))
    return;
  auto const& workspace = s[at + 7];
  if (!workspace.empty() && !equal_ignoring_case(workspace, routes::kWorkspace)) {
    throw ApiError{.status = 404,
                   .code = "ResourceNotFound",
                   .message = "The Resource 'Microsoft.MachineLearningServices/workspaces/" + workspace +
                              "' under resource group '" + group +
                              "' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"};
  }
}

void refuse_unmatched(std::string_view method, Target const& target, Match const& match) {
  if (!match.allowed.empty()) {
    std::string allowed;
    for (auto const& each : match.allowed) allowed += (allowed.empty() ? "" : ", ") + each;
    throw ApiError{.status = 405,
                   .code = "MethodNotAllowed",
                   .message = "The method " + std::string{method} + " is not supported on '" + target.path() +
                              "'; it has " + allowed + ".",
                   .headers = {{"Allow", allowed}}};
  }
  if (auto const operation = missing_operation(method, target)) {
    throw ApiError{
        .status = 501,
        .code = "NotImplemented",
        .message = "The operation '" + *operation + "' exists on Azure Machine Learning but not on this engine."};
  }
  throw ApiError{.status = 404, .code = "NotFound", .message = "There is no resource at '" + target.path() + "'."};
}

}  // namespace azureml::engine::front
