#include "transfer/blob_writer.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "http/connection_errors.hpp"
#include "transfer/blob.hpp"

#include <azureml/error.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace azureml::transfer {

namespace {

constexpr int kRenewalsMax = 3;                    ///< Of the signature of one request.
constexpr int kDamagedMax = 2;                     ///< More often, and it is no accident.
constexpr std::size_t kStringBodyMax = 256 << 10;  ///< The transport serves a string without waking this thread.

/// The storage says Created to whatever is written; any other success is somebody else's.
bool is_written(http::Response const& response) {
  return response.status == 201;
}

/// Did the server take, or see, other bytes than those of this MD5?
bool is_damaged(http::Response const& response, std::string const& md5) {
  if (response.status == 400) return blob_error_code(response) == "Md5Mismatch";
  auto const seen = header(response, "Content-MD5");
  return is_written(response) && !seen.empty() && base::from_base64(seen) != md5;
}

/// A signature that is over is said to be no authentication at all; anything else says that this one does not allow the
/// request.
bool is_expired(http::Response const& response) {
  if (response.status != 403) return false;
  auto const code = blob_error_code(response);
  return code.empty() || code == "AuthenticationFailed";
}

}  // namespace

std::string BlobTarget::address(Context const& context) {
  {
    std::lock_guard const lock(mutex_);
    if (!address_.empty()) return address_;
  }
  auto address = addresses_.blob(name_, {}, context);
  std::lock_guard const lock(mutex_);
  return address_ = std::move(address);
}

std::string BlobTarget::renewed(std::string const& refused, Context const& context) {
  {
    std::lock_guard const lock(mutex_);
    if (address_ != refused) return address_;
  }
  auto address = addresses_.blob(name_, refused, context);
  std::lock_guard const lock(mutex_);
  return address_ = std::move(address);
}

/// A server may refuse a signature and close the connection while the body is still on its way: its answer is lost
/// then, each time. A request without a body tells.
bool BlobWriter::is_over(std::string const& address, http::Deadline const& deadline) const {
  try {
    return is_expired(pipeline_.send(blob_request("HEAD", address), deadline.left()));
  } catch (TransportError const&) {
    return false;
  }
}

http::Response BlobWriter::send(BlobTarget& target, std::string_view query, Make const& make,
                                http::Deadline const& deadline) const {
  auto address = target.address(deadline.left());
  for (int renewals = 0;; ++renewals) {
    std::optional<http::Response> response;
    std::exception_ptr lost;
    try {
      response = pipeline_.send(make(with_query(address, query)), deadline.left());
    } catch (http::ConnectionRefusedError const&) {
      throw;
    } catch (TransportError const&) {
      lost = std::current_exception();
      if (!is_over(address, deadline)) throw;
    }
    if (response && response->status != 403) return std::move(*response);
    // Another thread's new signature may be over already, too.
    auto fresh = renewals < kRenewalsMax ? target.renewed(address, deadline.left()) : address;
    if (fresh == address) {
      if (lost) std::rethrow_exception(lost);
      return std::move(*response);
    }
    address = std::move(fresh);
  }
}

http::Response BlobWriter::send_payload(BlobTarget& target, std::string_view query, http::Headers const& headers,
                                        Payload const& payload, http::Deadline const& deadline) const {
  // What an answer that is no success has cost was moved in vain.
  std::int64_t moved = 0;
  Moved const track = [&](std::int64_t bytes) {
    moved += bytes;
    moved_(bytes);
  };
  auto const size = payload.file ? payload.size : payload.bytes.size();
  auto const make = [&](std::string url) {
    track(-moved);
    auto request = blob_request("PUT", std::move(url));
    request.headers.insert(headers.begin(), headers.end());
    if (payload.file) {
      request.source = std::make_shared<FilePartSource>(payload.file, payload.offset, size, track);
    } else if (size > kStringBodyMax) {
      request.source = std::make_shared<MemorySource>(payload.bytes, track);
    } else {
      request.body = payload.bytes;
    }
    if (size > 0) request.headers.emplace("Content-MD5", base::to_base64(payload.md5));
    return request;
  };
  for (int damaged = 0;; ++damaged) {
    auto response = send(target, query, make, deadline);
    if (!is_damaged(response, payload.md5)) {
      track((is_written(response) ? static_cast<std::int64_t>(size) : 0) - moved);
      return response;
    }
    // It may be the file that has changed since its MD5 was made.
    if (payload.file) payload.file->check_unchanged();
    if (damaged < kDamagedMax) continue;
    if (!is_written(response)) return response;
    throw core::make_error<TransportError>("cannot upload '" + target.name() +
                                               "': the storage has taken other bytes than were sent, by their MD5; "
                                               "check what lies between here and the storage, and try again",
                                           {.retryable = true});
  }
}

http::Response BlobWriter::put_blob(BlobTarget& target, Payload const& payload, bool only_new,
                                    http::Deadline const& deadline) const {
  http::Headers headers{{"x-ms-blob-type", "BlockBlob"}, {"Content-Type", content_type_}};
  if (only_new) headers.emplace("If-None-Match", "*");
  return send_payload(target, {}, headers, payload, deadline);
}

http::Response BlobWriter::put_block(BlobTarget& target, std::string const& id, Payload const& payload,
                                     http::Deadline const& deadline) const {
  return send_payload(target, "comp=block&blockid=" + base::percent_encode(id),
                      {{"Content-Type", "application/octet-stream"}}, payload, deadline);
}

http::Response BlobWriter::put_block_list(BlobTarget& target, std::vector<std::string> const& ids,
                                          std::string const& md5, bool only_new, http::Deadline const& deadline) const {
  http::Headers headers{{"Content-Type", "application/xml"},
                        {"x-ms-blob-content-type", content_type_},
                        {"x-ms-blob-content-md5", base::to_base64(md5)}};
  if (only_new) headers.emplace("If-None-Match", "*");
  auto const body = block_list_body(ids);
  headers.emplace("Content-MD5", base::to_base64(base::Digest::md5().update(body).finish()));
  auto const make = [&](std::string url) {
    auto request = blob_request("PUT", std::move(url));
    request.headers.insert(headers.begin(), headers.end());
    request.body = body;
    return request;
  };
  return send(target, "comp=blocklist", make, deadline);
}

http::Response BlobWriter::ask(BlobTarget& target, std::string const& method, std::string_view query,
                               http::Deadline const& deadline) const {
  auto const address = target.address(deadline.left());
  auto response = pipeline_.send(blob_request(method, with_query(address, query)), deadline.left());
  if (!is_expired(response)) return response;
  auto const fresh = target.renewed(address, deadline.left());
  if (fresh == address) return response;
  return pipeline_.send(blob_request(method, with_query(fresh, query)), deadline.left());
}

void check_written(http::Response const& response, std::string const& what) {
  if (is_written(response)) return;
  if (response.status < 200 || response.status > 299) throw_blob_error(response, what);
  throw core::make_error<TransportError>("cannot " + what + ": an answer that no storage sends came instead, " +
                                         std::to_string(response.status) +
                                         "; is there a proxy or a sign-in page in the way?");
}

http::Response BlobWriter::head(BlobTarget& target, http::Deadline const& deadline) const {
  return ask(target, "HEAD", {}, deadline);
}

std::vector<UncommittedBlock> BlobWriter::uncommitted_blocks(BlobTarget& target, http::Deadline const& deadline) const {
  auto const response = ask(target, "GET", "comp=blocklist&blocklisttype=uncommitted", deadline);
  if (response.status != 200) return {};
  return parse_uncommitted_blocks(response.body);
}

}  // namespace azureml::transfer
