#pragma once
#include <string>
#include <string_view>

namespace azureml::base {

/// A URL fit for a log or an error: user info, the fragment and the values of all query parameters but a few harmless ones are `***`.
std::string redact_url(std::string_view url);
/// Any text fit for a log or an error: URLs as `redact_url`; JSON web tokens, what `Bearer ` and `Authorization` say, and the values
/// assigned to `sig`, `AccountKey`, `password` and the like (also as JSON) are `***`. For text of others (error bodies, output of
/// tools); what is known to be secret must not get here in the first place.
std::string redact_text(std::string_view text);
/// True for the few headers whose values may be logged.
bool is_loggable_header(std::string_view name);

}  // namespace azureml::base
