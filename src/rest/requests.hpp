#pragma once
#include "rest/connection.hpp"
#include "rest/json_reading.hpp"

#include <string>
#include <string_view>

namespace azureml::rest {

/// One segment of a path.
std::string segment(std::string_view text);
/// A path of several segments, `/` kept.
std::string segments(std::string_view path);
/// `{api}/{plane}{workspace}{path}`: an address on a data plane, for example of plane `history/v1.0`.
std::string plane_url(Connection const& connection, std::string_view api, std::string_view plane,
                      std::string_view path);
/// The id of a resource below the workspace, as it stands in bodies: `arm_id(c, "computes", name)`. Not
/// percent-encoded.
std::string arm_id(Connection const& connection, std::string_view kind, std::string_view name);

http::Request get_request(std::string url);
/// A request with a JSON body. Every one of the library's may be repeated: ids are chosen before the first attempt.
http::Request json_request(std::string method, std::string url, Json const& body);

/// `send`, and the answer read as a JSON object.
Json exchange(Connection const& connection, http::Request request, std::string_view what, Context const& context);

}  // namespace azureml::rest
