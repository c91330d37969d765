#pragma once
#include "base/clock.hpp"
#include "http/pipeline.hpp"

namespace azureml::http {

/// Adds the bearer token to requests that ask for it; after a 401 once more with a fresh one.
class AuthPolicy final : public Policy {
 public:
  AuthPolicy(TokenSource token, base::Clock& clock);
  Response send(Request& request, Context const& context, Next const& next) const override;

 private:
  TokenSource token_;
  base::Clock& clock_;
};

}  // namespace azureml::http
