#pragma once
#include "unit/transfer/blob_pipeline.hpp"
#include "unit/transfer/upload_sets.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace azureml::test {

/// Answers one request of the kind, instead of the server.
inline std::function<std::optional<http::Response>(SentRequest const&)> once(std::string const& method,
                                                                             std::string const& part,
                                                                             std::function<http::Response()> answer) {
  auto const left = std::make_shared<std::atomic<int>>(1);
  return [=](SentRequest const& request) -> std::optional<http::Response> {
    if (request.method != method || request.url.find(part) == std::string::npos || left->fetch_sub(1) <= 0)
      return std::nullopt;
    return answer();
  };
}

/// Uploads of a folder to a container in memory, with blocks small enough for tests.
struct UploadFixture : ::testing::Test {
  TemporaryFolder root{};
  BlobPipeline blobs{};
  BlobServer& server = *blobs.server;
  transfer::ContainerAddresses::Renew renew{};
  transfer::UploadOptions options{.what = "upload the snapshot", .limits = {.threads = 4, .block = 1000, .buffers = 3}};

  TransferReport upload(Context const& context = {}) { return upload(set_of(root.path(), "my project/"), context); }
  TransferReport upload(transfer::UploadSet const& set, Context const& context = {}) {
    transfer::ContainerAddresses addresses(BlobServer::container(), renew);
    return transfer::upload_files(blobs.pipeline, addresses, set, options, context);
  }
  template <class Error>
  Error failure() {
    try {
      upload();
    } catch (Error const& error) {
      return error;
    }
    throw std::runtime_error("there was no such error");
  }
};

}  // namespace azureml::test
