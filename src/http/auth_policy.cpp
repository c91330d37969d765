#include "http/auth_policy.hpp"

#include "http/deadline.hpp"

#include <utility>

namespace azureml::http {

AuthPolicy::AuthPolicy(TokenSource token, base::Clock& clock) : token_(std::move(token)), clock_(clock) {}

Response AuthPolicy::send(Request& request, Context const& context, Next const& next) const {
  if (request.auth == AuthKind::none || !token_) return next(request, context);
  Deadline const deadline(context, clock_);
  auto const used = token_(false, deadline.left());
  request.headers.insert_or_assign("Authorization", "Bearer " + used);
  auto response = next(request, deadline.left());
  if (response.status == 401) {
    auto const fresh = token_(true, deadline.left());
    // The same token would only be refused again.
    if (fresh != used) {
      request.headers.insert_or_assign("Authorization", "Bearer " + fresh);
      response = next(request, deadline.left());
    }
  }
  request.headers.erase("Authorization");
  return response;
}

}  // namespace azureml::http
