#pragma once
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "transfer/addresses.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace azureml::test {

/// Blobs in memory for the downloads' tests, as far as GET goes, with faults. Knows nothing of the code it tests.
/// Thread-safe.
class DownloadServer final : public http::Transport {
 public:
  struct Blob {
    std::string content{}, etag{"\"0x8D1\""};
    bool tells_md5 = true;    ///< Of the whole blob.
    bool sums_ranges = true;  ///< When asked to.
  };
  struct Sent {
    std::string name{}, range{}, if_match{}, if_none_match{}, url{};
    bool asked_md5 = false;
  };
  /// What becomes of an answer. Called for each request under a lock; the answer is as it would be sent.
  struct Fate {
    std::optional<std::size_t> cut_after{};  ///< The connection is lost after so many bytes of the body.
    std::optional<http::Response> instead{};
    bool stop = false;  ///< The call's own stop comes after `cut_after` bytes.
  };
  using Fault = std::function<Fate(Sent const&, http::Response& answer)>;

  http::Response send(http::Request const& request, Context const& context) override;
  void put(std::string const& name, Blob blob);
  /// Asked for each request what the blob is by now.
  void answer_from(std::string const& name, std::function<Blob()> make);
  void on_answer(Fault fault);
  [[nodiscard]] std::vector<Sent> requests() const;
  /// Bytes of bodies that have been given to sinks, since the last call of this.
  std::uint64_t take_bytes_given();
  void forget_requests();

  bool gives_ranges = true, gives_etags = true, gives_lengths = true;  ///< Set before use.
  std::size_t piece = 64 << 10;
  std::function<void()> on_stop{};

  static constexpr char kAddress[] = "https://account.blob.core.windows.net/container";

 private:
  http::Response answer(Sent const& sent) const;

  mutable std::mutex mutex_{};
  std::map<std::string, Blob> blobs_{};
  std::map<std::string, std::function<Blob()>> made_{};
  std::vector<Sent> requests_{};
  Fault fault_{};
  std::uint64_t given_ = 0;
};

/// A pipeline to it, whose waits take no time, and the addresses of its blobs.
struct DownloadPipeline {
  std::shared_ptr<DownloadServer> server = std::make_shared<DownloadServer>();
  FakeClock clock{};
  http::Pipeline pipeline{options()};
  transfer::ContainerAddresses addresses{std::string(DownloadServer::kAddress) + "?sig=s%2Fecret"};

 private:
  http::PipelineOptions options() {
    http::PipelineOptions result;
    result.transport = server;
    result.clock = &clock;
    result.retry.jitter = [] { return 1.0; };
    return result;
  }
};

/// Bytes without a pattern that could hide an exchange of blocks; the same for the same arguments.
std::string noise(std::size_t size, unsigned seed = 1);

}  // namespace azureml::test
