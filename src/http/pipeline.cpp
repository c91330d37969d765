#include "http/pipeline.hpp"

#include "http/auth_policy.hpp"
#include "http/client_name_policy.hpp"
#include "http/endpoints.hpp"
#include "http/log_policy.hpp"
#include "http/request_id_policy.hpp"
#include "http/retry_policy.hpp"

#include <cstddef>
#include <utility>

namespace azureml::http {

struct Pipeline::State {
  std::shared_ptr<Transport> transport{};
  base::Clock* clock = nullptr;
  logging::Logger logger{};
  std::vector<std::unique_ptr<Policy const>> policies{};

  Response run(std::size_t index, Request& request, Context const& context) const {
    if (index < policies.size()) {
      return policies[index]->send(request, context, [this, index](Request& next_request, Context const& next_context) {
        return run(index + 1, next_request, next_context);
      });
    }
    if (request.source) request.source->rewind();
    return transport->send(request, context);
  }
};

Pipeline::Pipeline(PipelineOptions options) {
  auto state = std::make_shared<State>();
  state->transport = options.transport ? std::move(options.transport) : make_cpprest_transport(options.attempt_timeout);
  state->clock = options.clock ? options.clock : &base::real_clock();
  state->logger = options.logger;
  auto& clock = *state->clock;
  auto endpoints = std::make_shared<Endpoints>(std::move(options.endpoint));
  state->policies.push_back(std::make_unique<RequestIdPolicy>());
  state->policies.push_back(std::make_unique<ClientNamePolicy>(options.user_agent));
  state->policies.push_back(
      std::make_unique<RetryPolicy>(std::move(options.retry), std::move(endpoints), options.logger, clock));
  state->policies.push_back(std::make_unique<AuthPolicy>(std::move(options.token), clock));
  state->policies.push_back(std::make_unique<LogPolicy>(options.logger, clock));
  state_ = std::move(state);
}

Response Pipeline::send(Request request, Context const& context) const {
  return state_->run(0, request, context);
}

base::Clock& Pipeline::clock() const noexcept {
  return *state_->clock;
}

logging::Logger const& Pipeline::logger() const noexcept {
  return state_->logger;
}

}  // namespace azureml::http
