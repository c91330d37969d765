#pragma once
#include "http/deadline.hpp"
#include "http/pipeline.hpp"
#include "transfer/addresses.hpp"
#include "transfer/blocks.hpp"
#include "transfer/source_file.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::transfer {

/// One blob that is written, and its signed address as it was last renewed. Thread-safe.
class BlobTarget {
 public:
  BlobTarget(Addresses& addresses, std::string name) : addresses_(addresses), name_(std::move(name)) {}
  [[nodiscard]] std::string const& name() const noexcept { return name_; }
  std::string address(Context const& context);
  /// Another address than the refused one, if there is any.
  std::string renewed(std::string const& refused, Context const& context);

 private:
  Addresses& addresses_;
  std::string name_;
  std::mutex mutex_{};
  std::string address_{};
};

/// Bytes of a request's body and their MD5: in memory, or a part of a file.
struct Payload {
  std::string_view bytes{};
  std::shared_ptr<SourceFile const> file{};  ///< Instead of `bytes`.
  std::uint64_t offset = 0, size = 0;        ///< Of the part of the file.
  std::string md5{};                         ///< Raw.
};

/// @param what completes "cannot …" @throws ServiceError, NotFoundError when it is no success; TransportError when it is one that no storage
/// sends, as a proxy does or a sign-in page
void check_written(http::Response const& response, std::string const& what);

/// The requests that write a blob. Each is answered by any status; each 403 is followed by one renewal of the address
/// and one more try, and bytes that arrived damaged are sent again, up to twice. Thread-safe.
class BlobWriter {
 public:
  /// @param moved is told of the bytes of bodies
  BlobWriter(http::Pipeline const& pipeline, std::string content_type, Moved moved)
      : pipeline_(pipeline), content_type_(std::move(content_type)), moved_(std::move(moved)) {}

  /// Put Blob. @param only_new refused with 409 or 412 when there is one of that name
  http::Response put_blob(BlobTarget& target, Payload const& payload, bool only_new,
                          http::Deadline const& deadline) const;
  http::Response put_block(BlobTarget& target, std::string const& id, Payload const& payload,
                           http::Deadline const& deadline) const;
  /// @param md5 of the whole blob, raw
  http::Response put_block_list(BlobTarget& target, std::vector<std::string> const& ids, std::string const& md5,
                                bool only_new, http::Deadline const& deadline) const;
  /// Get Blob Properties. A 403 that no new signature would mend is returned as it is.
  http::Response head(BlobTarget& target, http::Deadline const& deadline) const;
  /// Get Block List, of the uncommitted blocks; empty when the server does not tell them.
  std::vector<UncommittedBlock> uncommitted_blocks(BlobTarget& target, http::Deadline const& deadline) const;

 private:
  [[nodiscard]] bool is_over(std::string const& address, http::Deadline const& deadline) const;
  using Make = std::function<http::Request(std::string url)>;
  http::Response send(BlobTarget& target, std::string_view query, Make const& make,
                      http::Deadline const& deadline) const;
  http::Response send_payload(BlobTarget& target, std::string_view query, http::Headers const& headers,
                              Payload const& payload, http::Deadline const& deadline) const;
  http::Response ask(BlobTarget& target, std::string const& method, std::string_view query,
                     http::Deadline const& deadline) const;

  http::Pipeline const& pipeline_;
  std::string content_type_;
  Moved moved_;
};

}  // namespace azureml::transfer
