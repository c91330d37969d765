#pragma once
#include "http/transport.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace azureml::rest {

/// What a failure says, in whatever shape it came: resource manager, data plane, blob XML, OAuth, or none of them.
struct ErrorReading {
  std::string code{}, message{}, inner_code{}, request_id{};
  std::vector<std::string> details{};  ///< `Code: message`, all levels, at most 20.
};

/// Never throws because of what it reads: parsing the error must not become the error.
ErrorReading read_error(http::Response const& response);
/// Reads the object that has `code`, `message`, `details`, `innerError` or `additionalInfo`.
ErrorReading read_error_object(nlohmann::json const& error);

/// AuthenticationError for 401, NotFoundError for 404, else ServiceError; message `cannot <what>: 409 Code: message
/// (request id …)`.
[[noreturn]] void throw_service_error(http::Response const& response, std::string_view what);

/// What kind of text a body is, for a sentence: `an empty body`, `an HTML page`, `text/plain`.
std::string describe_body(http::Response const& response);
/// Text of others for a sentence of ours: one line, without secrets, not longer than `length_max` bytes.
std::string quotable(std::string_view text, std::size_t length_max);

}  // namespace azureml::rest
