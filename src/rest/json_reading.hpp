#pragma once
// Reading of what the service says: absent, null and of another type are the same as not said, so that a member the
// service adds, drops or retypes never breaks a client. Whoever needs a member says so by `required`.
#include "rest/rest.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace azureml::rest {

using Json = nlohmann::json;

/// The body of a successful answer. @throws TransportError when it is no JSON object; `what` as for `send`
Json parse_answer(http::Response const& response, std::string_view what);
/// Member of an object; a null value when it is not there or `object` is none.
Json const& member(Json const& object, char const* name);
/// Text of a member; numbers and truth values as they are written in JSON. Empty when not said.
std::string text(Json const& object, char const* name);
bool flag(Json const& object, char const* name);
std::optional<int> integer(Json const& object, char const* name);
std::optional<TimePoint> time(Json const& object, char const* name);
StringMap string_map(Json const& object, char const* name);
/// The member's text. @throws TransportError naming the member when the answer lacks it
std::string required(Json const& object, char const* name, std::string_view what);
/// The member that holds a list. @throws TransportError when the answer lacks it: what is not a list is not an empty
/// one
Json const& required_list(Json const& object, char const* name, std::string_view what);
/// Never throws: bytes that are no UTF-8 are replaced.
std::string dump(Json const& value);

}  // namespace azureml::rest
