#pragma once
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"

#include <memory>
#include <string>

namespace azureml::test {

/// A pipeline over a fake transport and a fake clock, without jitter: each wait is as long as it may be.
struct FakePipeline {
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  FakeClock clock{};
  http::PipelineOptions options{};

  FakePipeline() {
    options.transport = transport;
    options.clock = &clock;
    options.retry.jitter = [] { return 1.0; };
  }
  http::Response send(http::Request const& request, Context const& context = {}) const {
    return http::Pipeline(options).send(request, context);
  }
};

inline http::Request get(std::string const& url = "https://management.azure.com/runs/1") {
  return {.method = "GET", .url = url, .idempotent = true};
}
inline http::Request post(std::string const& url = "https://management.azure.com/runs/1") {
  return {.method = "POST", .url = url};
}

/// A source over a string that counts how often it was rewound.
struct StringSource final : http::BodySource {
  explicit StringSource(std::string content) : text(std::move(content)) {}
  [[nodiscard]] std::uint64_t size() const override { return text.size(); }
  std::size_t read(std::span<char> buffer) override {
    auto const count = std::min(buffer.size(), text.size() - at);
    text.copy(buffer.data(), count, at);
    at += count;
    return count;
  }
  void rewind() override {
    at = 0;
    ++rewinds;
  }
  std::string text;
  std::size_t at = 0;
  int rewinds = 0;
};

}  // namespace azureml::test
