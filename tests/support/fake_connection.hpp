#pragma once
#include "rest/connection.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"

#include <memory>
#include <string>

namespace azureml::test {

/// A connection to workspace `ws` over a fake transport and a fake clock. Tokens are "token".
struct FakeConnection {
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  rest::Connection connection{.pipeline = http::Pipeline(options()),
                              .resource_manager = "https://management.azure.com",
                              .workspace_path =
                                  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/"
                                  "Microsoft.MachineLearningServices/workspaces/ws"};

  [[nodiscard]] http::PipelineOptions options() const {
    http::PipelineOptions result;
    result.transport = transport;
    result.clock = clock.get();
    result.token = [](bool, Context const&) { return "token"; };
    result.retry.jitter = [] { return 1.0; };
    return result;
  }
};

}  // namespace azureml::test
