#pragma once
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "unit/transfer/blob_server.hpp"

#include <memory>

namespace azureml::test {

/// A pipeline whose other end is a container in memory. Waits take no time.
struct BlobPipeline {
  std::shared_ptr<BlobServer> server = std::make_shared<BlobServer>();
  FakeClock clock{};
  http::Pipeline pipeline{options()};

 private:
  http::PipelineOptions options() {
    http::PipelineOptions result;
    result.transport = server;
    result.clock = &clock;
    result.token = [](bool, Context const&) { return std::string("token that no signed address may see"); };
    result.retry.jitter = [] { return 1.0; };
    return result;
  }
};

}  // namespace azureml::test
