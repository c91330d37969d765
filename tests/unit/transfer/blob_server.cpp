#include "unit/transfer/blob_server.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"

#include <algorithm>
#include <utility>

namespace azureml::test {

namespace {

constexpr char kContainer[] = "https://account.blob.core.windows.net/container";
/// Encoded in a way that no encoder would choose, so that rewriting it shows.
constexpr char kSignature[] = "sv=2021-10-04&sr=c&sp=rcwl&sig=s%2fecret%2B%3D";

std::string md5(std::string const& content) {
  return base::to_base64(base::Digest::md5().update(content).finish());
}

std::string parameter(std::string const& url, std::string const& name) {
  for (auto at = url.find('?'); at != std::string::npos; at = url.find('&', at + 1))
    if (url.compare(at + 1, name.size() + 1, name + "=") == 0) {
      auto const begin = at + name.size() + 2;
      return base::percent_decode(url.substr(begin, url.find('&', begin) - begin)).value_or("?");
    }
  return {};
}

std::string read_body(http::Request const& request) {
  if (!request.source) return request.body;
  std::string body, buffer(100'000, '\0');
  while (body.size() < request.source->size()) {
    auto const got = request.source->read(buffer);
    if (got == 0) lose_connection("the body is shorter than its size");
    body.append(buffer, 0, got);
  }
  return body;
}

}  // namespace

http::Response blob_error(int status, std::string const& code, std::string const& message) {
  return {.status = status,
          .headers = {{"x-ms-error-code", code}, {"x-ms-request-id", "request-1"}, {"Content-Type", "application/xml"}},
          .body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" + code + "</Code><Message>" +
                  message + "\nRequestId:request-1\nTime:2026-03-27T00:00:00Z</Message></Error>"};
}

void lose_connection(std::string const& reason) {
  throw core::make_error<TransportError>(reason, {.retryable = true});
}

std::string BlobServer::container() {
  return std::string(kContainer) + "?" + kSignature;
}
std::string BlobServer::url(std::string const& name) {
  return std::string(kContainer) + "/" + name + "?" + kSignature;
}

void BlobServer::put(std::string const& name, std::string content, std::map<std::string, std::string> metadata) {
  std::lock_guard const lock(mutex_);
  auto hash = md5(content);
  blobs_[name] = {
      .content = std::move(content), .md5 = std::move(hash), .type = "BlockBlob", .metadata = std::move(metadata)};
}
std::map<std::string, BlobServer::Blob> BlobServer::blobs() const {
  std::lock_guard const lock(mutex_);
  return blobs_;
}
std::vector<SentRequest> BlobServer::requests() const {
  std::lock_guard const lock(mutex_);
  return requests_;
}
std::vector<SentRequest> BlobServer::requests(std::string const& method, std::string const& part_of_url) const {
  auto all = requests();
  std::erase_if(all, [&](auto const& r) { return r.method != method || r.url.find(part_of_url) == std::string::npos; });
  return all;
}
void BlobServer::before(Fault fault) {
  before_ = std::move(fault);
}
void BlobServer::after(Fault fault) {
  after_ = std::move(fault);
}
void BlobServer::cut_next_body_after(std::size_t bytes) {
  cuts_.push_back(bytes);
}
std::string BlobServer::renew_signature() {
  std::lock_guard const lock(mutex_);
  ++renewals_;
  return container() + "renewed" + std::to_string(renewals_);
}
std::map<std::string, std::string> BlobServer::uncommitted(std::string const& name) const {
  std::lock_guard const lock(mutex_);
  auto const found = blocks_.find(name);
  return found == blocks_.end() ? std::map<std::string, std::string>{} : found->second;
}
void BlobServer::put_block(std::string const& name, std::string const& id, std::string content) {
  std::lock_guard const lock(mutex_);
  blocks_[name][id] = std::move(content);
}
void BlobServer::ignore_ranges() {
  ignores_ranges_ = true;
}

http::Response BlobServer::send(http::Request const& request, Context const& context) {
  if (context.stop.stop_requested()) throw core::make_error<StoppedError>("stopped");
  SentRequest const sent{.method = request.method,
                         .url = request.url,
                         .headers = request.headers,
                         .body = read_body(request),
                         .auth = request.auth,
                         .idempotent = request.idempotent,
                         .context = context,
                         .attempt_timeout = request.attempt_timeout};
  http::Response response;
  std::optional<std::size_t> cut;
  {
    std::lock_guard const lock(mutex_);
    requests_.push_back(sent);
  }
  auto const fault = before_ ? before_(sent) : std::nullopt;
  {
    std::lock_guard const lock(mutex_);
    response = fault ? *fault : answer(sent);
    if (!cuts_.empty() && response.status < 300 && !response.body.empty()) {
      cut = cuts_.front();
      cuts_.pop_front();
    }
  }
  if (auto const other = after_ ? after_(sent) : std::nullopt) response = *other;
  if (request.sink && response.status >= 200 && response.status < 300) {
    auto const body = std::exchange(response.body, {});
    request.sink->begin(response);
    auto const size = std::min(cut.value_or(body.size()), body.size());
    for (std::size_t at = 0; at < size; at += 1000)
      request.sink->write(std::string_view(body).substr(at, std::min<std::size_t>(1000, size - at)));
    if (cut) lose_connection("the connection ended in the middle of the answer");
  }
  return response;
}

http::Response BlobServer::answer(SentRequest const& request) {
  auto const question = std::min(request.url.find('?'), request.url.size());
  auto const signature = kSignature + (renewals_ > 0 ? "renewed" + std::to_string(renewals_) : std::string{});
  auto const query = request.url.substr(std::min(question + 1, request.url.size())) + "&";
  if (request.auth != http::AuthKind::none || !request.header("Authorization").empty() ||
      !query.starts_with(signature + "&"))
    return blob_error(403, "AuthenticationFailed");
  auto const prefix = std::string(kContainer) + "/";
  auto const name = base::percent_decode(std::string_view(request.url).substr(prefix.size(), question - prefix.size()));
  if (!request.url.starts_with(prefix) || !name) return blob_error(400, "InvalidUri");
  auto const comp = parameter(request.url, "comp");
  if (request.method == "PUT" && comp == "block") {
    if (auto const expected = request.header("Content-MD5"); !expected.empty() && expected != md5(request.body))
      return blob_error(400, "Md5Mismatch");
    auto const id = parameter(request.url, "blockid");
    if (!blocks_[*name].empty() && blocks_[*name].begin()->first.size() != id.size())
      return blob_error(400, "InvalidBlobOrBlock");
    blocks_[*name][id] = request.body;
    return {.status = 201, .headers = {{"Content-MD5", md5(request.body)}}, .body = {}};
  }
  if (request.method == "GET" && comp == "blocklist") return get_block_list(*name);
  if (request.method == "PUT" && comp == "blocklist") return put_block_list(request, *name);
  if (request.method == "PUT" && comp.empty()) return put_blob(request, *name);
  auto const blob = blobs_.find(*name);
  if (blob == blobs_.end())
    return request.method == "HEAD"
               ? http::Response{.status = 404, .headers = {{"x-ms-error-code", "BlobNotFound"}}, .body = {}}
               : blob_error(404, "BlobNotFound");
  if (request.method == "PUT" && comp == "metadata") {
    blob->second.metadata.clear();
    for (auto const& [key, value] : request.headers)
      if (base::to_lower_ascii(key).starts_with("x-ms-meta-")) blob->second.metadata[key.substr(10)] = value;
    return {.status = 200};
  }
  if (request.method == "HEAD" || request.method == "GET") return get(request, blob->second);
  return blob_error(405, "UnsupportedHttpVerb");
}

http::Response BlobServer::put_blob(SentRequest const& request, std::string const& name) {
  if (request.header("x-ms-blob-type") != "BlockBlob" || request.header("x-ms-version") != "2021-12-02")
    return blob_error(400, "MissingRequiredHeader");
  if (auto const expected = request.header("Content-MD5"); !expected.empty() && expected != md5(request.body))
    return blob_error(400, "Md5Mismatch");
  if (request.header("If-None-Match") == "*" && blobs_.contains(name))
    return blob_error(409, "BlobAlreadyExists", "The specified blob already exists.");
  blobs_[name] = {
      .content = request.body, .md5 = md5(request.body), .type = request.header("Content-Type"), .metadata = {}};
  return {.status = 201, .headers = {{"Content-MD5", md5(request.body)}}, .body = {}};
}

http::Response BlobServer::put_block_list(SentRequest const& request, std::string const& name) {
  if (request.header("If-None-Match") == "*" && blobs_.contains(name))
    return blob_error(409, "BlobAlreadyExists", "The specified blob already exists.");
  if (auto const expected = request.header("Content-MD5"); !expected.empty() && expected != md5(request.body))
    return blob_error(400, "Md5Mismatch");
  Blob blob{.content = {},
            .md5 = request.header("x-ms-blob-content-md5"),
            .type = request.header("x-ms-blob-content-type"),
            .metadata = {}};
  std::size_t length = 0;
  for (auto at = request.body.find("<Latest>"); at != std::string::npos; at = request.body.find("<Latest>", at + 1)) {
    auto const id = request.body.substr(at + 8, request.body.find("</Latest>", at) - at - 8);
    auto const& blocks = blocks_[name];
    if (!blocks.contains(id) || (length != 0 && id.size() != length)) return blob_error(400, "InvalidBlockList");
    length = id.size();
    blob.content += blocks.at(id);
  }
  blobs_[name] = std::move(blob);
  blocks_.erase(name);
  return {.status = 201};
}

http::Response BlobServer::get_block_list(std::string const& name) const {
  auto const found = blocks_.find(name);
  if (found == blocks_.end() && !blobs_.contains(name)) return blob_error(404, "BlobNotFound");
  std::string body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><UncommittedBlocks>";
  if (found != blocks_.end())
    for (auto const& [id, content] : found->second)
      body += "<Block><Name>" + id + "</Name><Size>" + std::to_string(content.size()) + "</Size></Block>";
  return {.status = 200,
          .headers = {{"Content-Type", "application/xml"}},
          .body = body + "</UncommittedBlocks></BlockList>"};
}

http::Response BlobServer::get(SentRequest const& request, Blob const& blob) const {
  http::Response response{.status = 200, .headers = {{"x-ms-blob-type", "BlockBlob"}}, .body = blob.content};
  auto const total = std::to_string(blob.content.size());
  auto const range = request.header("Range");
  if (!range.empty() && !ignores_ranges_) {
    auto const first = std::stoull(range.substr(6));
    if (first >= blob.content.size()) {
      response = blob_error(416, "InvalidRange");
      response.headers["Content-Range"] = "bytes */" + total;
      return response;
    }
    response.status = 206;
    response.body = blob.content.substr(first);
    response.headers["Content-Range"] =
        "bytes " + std::to_string(first) + "-" + std::to_string(blob.content.size() - 1) + "/" + total;
    response.headers["x-ms-blob-content-md5"] = blob.md5;
  } else {
    response.headers["Content-MD5"] = blob.md5;
  }
  response.headers["Content-Length"] = std::to_string(response.body.size());
  for (auto const& [key, value] : blob.metadata) response.headers["x-ms-meta-" + key] = value;
  if (request.method == "HEAD") response.body.clear();
  if (request.method == "GET" && change_get) change_get(response);
  return response;
}

}  // namespace azureml::test
