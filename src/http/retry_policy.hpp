#pragma once
#include "base/clock.hpp"
#include "http/endpoints.hpp"
#include "http/pipeline.hpp"

#include <memory>

namespace azureml::http {

/// Sends an idempotent request again on no answer, 408, 429, 500, 502, 503 and 504, waiting as long as the server asks
/// or with full jitter, bounded in attempts and time. On "connection refused" any request is sent once more, where the
/// endpoint source says.
class RetryPolicy final : public Policy {
 public:
  RetryPolicy(RetryOptions options, std::shared_ptr<Endpoints> endpoints, logging::Logger logger, base::Clock& clock);
  Response send(Request& request, Context const& context, Next const& next) const override;

 private:
  struct Call;
  RetryOptions options_;
  std::shared_ptr<Endpoints> endpoints_;
  logging::Logger logger_;
  base::Clock& clock_;
};

}  // namespace azureml::http
