#include "http/client_name_policy.hpp"

#include <azureml/version.hpp>

#include <sys/utsname.h>

namespace azureml::http {

namespace {

std::string platform() {
  struct utsname name {};
  if (::uname(&name) != 0) return "unknown";
  return std::string(static_cast<char const*>(name.sysname)) + "; " + static_cast<char const*>(name.machine);
}

/// A header value must stay one line of printable ASCII whatever the application calls itself.
std::string printable(std::string const& text) {
  std::string result;
  for (char const c : text) result += c >= ' ' && c <= '~' ? c : '_';
  return result;
}

}  // namespace

ClientNamePolicy::ClientNamePolicy(std::string const& application)
    : user_agent_((application.empty() ? "" : printable(application) + " ") + "azureml-cpp/" +
                  std::to_string(version_major) + "." + std::to_string(version_minor) + "." +
                  std::to_string(version_patch) + " (" + platform() + ")") {}

Response ClientNamePolicy::send(Request& request, Context const& context, Next const& next) const {
  request.headers.try_emplace("User-Agent", user_agent_);
  return next(request, context);
}

}  // namespace azureml::http
