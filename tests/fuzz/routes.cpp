// Lines `METHOD target`: taken apart, looked up in the engine's own table, and, when nothing is found, refused in the service's shape.
#include "base/encoding.hpp"
#include "engine/front/errors.hpp"
#include "engine/front/router.hpp"
#include "engine/front/target.hpp"
#include "fuzz/fuzz_input.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

using namespace azureml;
namespace front = engine::front;
namespace routes = engine::routes;

namespace {

constexpr std::size_t kLinesMax = 16;
constexpr char kAccount[] = "azureml00000000";

front::Router engines_router() {
  std::vector<front::Operation> operations;
  for (auto& route : routes::all_routes()) {
    front::Operation operation{.name = route.operation, .method = route.method, .pattern = route.pattern, .plane = route.plane};
    operation.handle = [](routes::Request const&) { return routes::Reply{}; };
    operations.push_back(std::move(operation));
  }
  return {std::move(operations), kAccount};
}

bool is_dot(std::string_view name) { return name == "." || name == ".."; }

void check_names(front::Target const& target) {
  for (auto const& segment : target.segments) {
    for (std::string_view rest = segment;;) {
      auto const end = rest.find('/');
      fuzz::require(!is_dot(rest.substr(0, end)), "no name of a path is . or ..");
      if (end == rest.npos) break;
      rest.remove_prefix(end + 1);
    }
    fuzz::require(std::ranges::none_of(segment, [](char c) { return static_cast<unsigned char>(c) < 0x20; }), "paths hold no control characters");
  }
}

void check_refusal(routes::ApiError const& error, routes::Plane plane, std::string const& path) {
  fuzz::require(error.status >= 400 && error.status < 600, "a refusal has an error's status");
  auto const reply = front::make_error_reply(plane, error, {.operation_id = "o", .request_id = "r", .path = path});
  fuzz::require(reply.status == error.status, "the reply has the refusal's status");
  for (auto const& [name, value] : reply.headers)
    fuzz::require(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos, "no header has a line end");
  if (plane != routes::Plane::blob) fuzz::require(nlohmann::json::accept(reply.body), "an error body is JSON, whatever was asked");
}

void check_line(front::Router const& router, std::string_view line) {
  auto const blank = line.find(' ');
  if (blank == line.npos) return;
  auto const method = line.substr(0, blank);
  front::Target target;
  try {
    target = front::parse_target(line.substr(blank + 1));
  } catch (routes::ApiError const& error) {
    fuzz::require(error.status == 400, "a bad target is the client's fault");
    return check_refusal(error, routes::Plane::arm, "/");
  }
  check_names(target);
  auto const plane = target.segments.empty() || target.segments.front() != kAccount ? routes::Plane::arm : routes::Plane::blob;
  try {
    auto const match = router.match(method, target);
    if (match.operation == nullptr) {
      front::check_scope(target);
      front::refuse_unmatched(method, target, match);
    }
    fuzz::require(match.operation->method == method || (method == "HEAD" && match.operation->method == "GET"), "the operation is of the method");
    for (auto const& [name, value] : match.parameters) fuzz::require(!is_dot(value), "no parameter is . or ..");
  } catch (routes::ApiError const& error) {
    check_refusal(error, plane, target.path());
    check_refusal(error, routes::Plane::data, target.path());
    check_refusal(error, routes::Plane::blob, target.path());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static front::Router const kRouter = engines_router();
  auto rest = fuzz::as_text(data, size);
  for (std::size_t count = 0; !rest.empty() && count < kLinesMax; ++count) check_line(kRouter, fuzz::take_line(rest));
  return 0;
}
