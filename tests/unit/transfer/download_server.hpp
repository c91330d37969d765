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
#include <string_view>
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
    std::string md5{};        ///< In base64; filled by `put`.
  };
  struct Sent {
    std::string name{}, range{}, if_match{}, if_none_match{}, url{};
    bool asked_md5 = false;
    std::uint64_t given = 0;  ///< Bytes given to sinks before.
  };
  /// What becomes of an answer.
  struct Fate {
    std::optional<std::size_t> cut_after{};  ///< The connection is lost after so many bytes of the body.
    std::optional<http::Response> instead{};
  };
  /// Called for each request, one at a time; the answer is as it would be sent.
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
  /// After so many more bytes of bodies, on all connections together, this is called, and whatever is sent then is
  /// lost.
  void end_after(
      std::uint64_t bytes, std::function<void()> end = [] {});
  void work_again();

  bool gives_ranges = true, gives_etags = true, gives_lengths = true;  ///< Set before use.
  std::size_t piece = 64 << 10;

  static constexpr char kAddress[] = "https://account.blob.core.windows.net/container";

 private:
  http::Response answer(Sent const& sent) const;
  /// Shortens the part to what may still be sent. @returns what is to be called after it, when that is the end
  std::function<void()> spend(std::string_view& part);

  mutable std::mutex mutex_{};
  std::map<std::string, Blob> blobs_{};
  std::map<std::string, std::function<Blob()>> made_{};
  std::vector<Sent> requests_{};
  Fault fault_{};
  std::optional<std::uint64_t> left_{};
  std::function<void()> end_{};
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
