#include "http/request_id_policy.hpp"

#include "base/uuid.hpp"

namespace azureml::http {

Response RequestIdPolicy::send(Request& request, Context const& context, Next const& next) const {
  request.headers.try_emplace("x-ms-client-request-id", base::new_uuid());
  return next(request, context);
}

}  // namespace azureml::http
