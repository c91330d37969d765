#pragma once
#include "http/transport.hpp"

namespace azureml::http {

/// Gives each call an id of ours; all its attempts share it, and the service writes it into its own logs.
struct RequestIdPolicy final : Policy {
  Response send(Request& request, Context const& context, Next const& next) const override;
};

}  // namespace azureml::http
