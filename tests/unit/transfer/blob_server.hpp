#pragma once
#include "http/transport.hpp"
#include "support/fake_transport.hpp"

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace azureml::test {

/// A container of blobs in memory that answers as the service's storage does, with faults on request. Thread-safe.
class BlobServer final : public http::Transport {
 public:
  struct Blob {
    std::string content{}, md5{}, type{};
    std::map<std::string, std::string> metadata{};
  };
  /// Answers instead of the server when it returns something; may throw.
  using Fault = std::function<std::optional<http::Response>(SentRequest const&)>;

  /// The container's address, signed; every request must carry this signature as it is written here.
  [[nodiscard]] static std::string container();
  /// The signed address of a blob whose name needs no encoding.
  [[nodiscard]] static std::string url(std::string const& name);

  http::Response send(http::Request const& request, Context const& context) override;

  void put(std::string const& name, std::string content, std::map<std::string, std::string> metadata = {});
  [[nodiscard]] std::map<std::string, Blob> blobs() const;
  [[nodiscard]] std::vector<SentRequest> requests() const;
  [[nodiscard]] std::vector<SentRequest> requests(std::string const& method, std::string const& part_of_url) const;

  void before(Fault fault);  ///< Asked for each request, before anything is done.
  void after(Fault fault);   ///< Asked when it is done: the answer is another, or lost.
  /// The next 2xx answer with a body is cut after so many bytes of it.
  void cut_next_body_after(std::size_t bytes);
  /// The signature used so far is refused from now on; the returned address of the container is good.
  std::string renew_signature();
  /// The blocks of no blob yet, by id in base64.
  [[nodiscard]] std::map<std::string, std::string> uncommitted(std::string const& name) const;
  void put_block(std::string const& name, std::string const& id, std::string content);
  void ignore_ranges();                               ///< Answers 200 with the whole blob, as simple servers do.
  std::function<void(http::Response&)> change_get{};  ///< Set before use: changes the answer to each GET.

 private:
  http::Response answer(SentRequest const& request);
  http::Response put_blob(SentRequest const& request, std::string const& name);
  http::Response put_block_list(SentRequest const& request, std::string const& name);
  http::Response get(SentRequest const& request, Blob const& blob) const;
  http::Response get_block_list(std::string const& name) const;

  mutable std::mutex mutex_{};
  std::map<std::string, Blob> blobs_{};
  std::map<std::string, std::map<std::string, std::string>> blocks_{};
  std::vector<SentRequest> requests_{};
  Fault before_{}, after_{};
  std::deque<std::size_t> cuts_{};
  bool ignores_ranges_ = false;
  int renewals_ = 0;
};

/// An error in the storage's own form.
http::Response blob_error(int status, std::string const& code, std::string const& message = "Something is wrong.");

/// A lost connection, as a transport reports it.
[[noreturn]] void lose_connection(std::string const& reason);

}  // namespace azureml::test
