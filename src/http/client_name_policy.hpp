#pragma once
#include "http/transport.hpp"

#include <string>

namespace azureml::http {

/// Says who asks: `<application> azureml-cpp/0.1.0 (Linux; x86_64)`.
class ClientNamePolicy final : public Policy {
 public:
  explicit ClientNamePolicy(std::string const& application = {});
  Response send(Request& request, Context const& context, Next const& next) const override;

 private:
  std::string user_agent_;
};

}  // namespace azureml::http
