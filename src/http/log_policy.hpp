#pragma once
#include "base/clock.hpp"
#include "http/transport.hpp"
#include "log/logger.hpp"

namespace azureml::http {

/// One line at debug for each attempt: method, redacted address, status, milliseconds, request id. At trace also the
/// headers whose values are harmless. Never a body.
class LogPolicy final : public Policy {
 public:
  LogPolicy(logging::Logger logger, base::Clock& clock);
  Response send(Request& request, Context const& context, Next const& next) const override;

 private:
  logging::Logger logger_;
  base::Clock& clock_;
};

}  // namespace azureml::http
