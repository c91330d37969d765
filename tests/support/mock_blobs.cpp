#include "support/mock_blobs.hpp"

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace azureml::test {

namespace {

std::string base64(unsigned char const* bytes, int count) {
  std::string result(static_cast<std::size_t>((count + 2) / 3 * 4) + 1, '\0');
  auto const length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()), bytes, count);
  result.resize(static_cast<std::size_t>(length));
  return result;
}

std::string md5(std::string const& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, ::EVP_md5(), nullptr);
  return base64(digest.data(), static_cast<int>(length));
}

/// The values of the elements `<Latest>`, `<Committed>` and `<Uncommitted>`, in order.
std::vector<std::string> block_list(std::string const& xml) {
  std::vector<std::string> ids;
  std::size_t at = 0;
  while ((at = xml.find('<', at)) != std::string::npos) {
    auto const end = xml.find('>', at);
    if (end == std::string::npos) break;
    auto const name = xml.substr(at + 1, end - at - 1);
    at = end + 1;
    if (name == "Latest" || name == "Committed" || name == "Uncommitted")
      ids.push_back(xml.substr(at, xml.find('<', at) - at));
  }
  return ids;
}

std::string escaped(std::string const& text) {
  std::string result;
  for (char const c : text) {
    if (c == '&') result += "&amp;";
    else if (c == '<') result += "&lt;";
    else if (c == '>') result += "&gt;";
    else result += c;
  }
  return result;
}

}  // namespace

MockReply blob_error(int status, std::string const& code, std::string const& message) {
  return {
      .status = status,
      .headers = {{"Content-Type", "application/xml"},
                  {"x-ms-error-code", code},
                  {"x-ms-request-id", "5f1b4c2e-001e-0031-0d2c-bd2f7f000000"}},
      .body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>" + code + "</Code><Message>" +
              message +
              "\nRequestId:5f1b4c2e-001e-0031-0d2c-bd2f7f000000\nTime:2026-03-27T04:03:26.0000000Z</Message></Error>"};
}

MockReply MockBlobs::created(MockRequest const& request) const {
  return {.status = 201,
          .headers = {{"ETag", "\"0x8DA1\""},
                      {"Last-Modified", "Fri, 27 Mar 2026 04:03:26 GMT"},
                      {"Content-MD5", md5(tells_wrong_md5_ ? request.body + "wrong" : request.body)},
                      {"x-ms-request-server-encrypted", "true"}}};
}

MockReply MockBlobs::serve(MockRequest const& request, std::string const& name) {
  std::lock_guard const lock(mutex_);
  if (!signature_.empty() && request.parameter("sig") != signature_)
    return blob_error(403, "AuthenticationFailed",
                      "Server failed to authenticate the request. Make sure the value of Authorization header is formed "
                      "correctly including the signature.");
  if (request.method == "PUT") return put(request, name);
  if (request.method == "GET" && request.parameter("comp") == "blocklist") return get_block_list(name);
  if (request.method == "GET" || request.method == "HEAD") return get(request, name);
  return blob_error(405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.");
}

MockReply MockBlobs::put(MockRequest const& request, std::string const& name) {
  auto const sum = request.header("Content-MD5");
  if (sum.empty() && !request.body.empty()) ++without_md5_;
  if (!sum.empty() && sum != md5(request.body)) {
    return blob_error(
        400, "Md5Mismatch",
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.");
  }
  auto const comp = request.parameter("comp");
  auto const found = blobs_.find(name);
  bool const there = found != blobs_.end() && found->second.committed;
  if (comp == "metadata") {
    if (!there) return blob_error(404, "BlobNotFound", "The specified blob does not exist.");
    found->second.metadata.clear();
    for (auto const& [header, value] : request.headers) {
      if (header.starts_with("x-ms-meta-")) found->second.metadata[header] = value;
    }
    auto reply = created(request);
    reply.status = 200;
    return reply;
  }
  if (comp == "block") return put_block(request, name);
  if (request.header("If-None-Match") == "*" && there)
    return blob_error(409, "BlobAlreadyExists", "The specified blob already exists.");
  if (comp == "blocklist") return put_block_list(request, name);
  if (request.header("x-ms-blob-type") != "BlockBlob")
    return blob_error(400, "MissingRequiredHeader",
                      "An HTTP header that's mandatory for this request is not specified.");
  blobs_[name] = {.content = request.body, .md5 = md5(request.body), .committed = true};
  return created(request);
}

MockReply MockBlobs::put_block(MockRequest const& request, std::string const& name) {
  auto& blocks = blobs_[name].blocks;
  auto const id = request.parameter("blockid");
  if (!blocks.empty() && blocks.begin()->first.size() != id.size())
    return blob_error(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.");
  blocks[id] = request.body;
  ++blocks_taken_[name + " " + id];
  return created(request);
}

MockReply MockBlobs::put_block_list(MockRequest const& request, std::string const& name) {
  auto& blob = blobs_[name];
  std::string content;
  for (auto const& id : block_list(request.body)) {
    auto const block = blob.blocks.find(id);
    if (block == blob.blocks.end())
      return blob_error(400, "InvalidBlockList", "The specified block list is invalid.");
    content += block->second;
  }
  blob = {.content = std::move(content), .md5 = request.header("x-ms-blob-content-md5"), .committed = true};
  return created(request);
}

MockReply MockBlobs::get_block_list(std::string const& name) const {
  auto const found = blobs_.find(name);
  if (found == blobs_.end()) return blob_error(404, "BlobNotFound", "The specified blob does not exist.");
  std::string body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><UncommittedBlocks>";
  for (auto const& [id, content] : found->second.blocks)
    body += "<Block><Name>" + id + "</Name><Size>" + std::to_string(content.size()) + "</Size></Block>";
  return {.headers = {{"Content-Type", "application/xml"}}, .body = body + "</UncommittedBlocks></BlockList>"};
}

MockReply MockBlobs::get(MockRequest const& request, std::string const& name) const {
  auto const found = blobs_.find(name);
  if (found == blobs_.end() || !found->second.committed)
    return blob_error(404, "BlobNotFound", "The specified blob does not exist.");
  auto const& content = found->second.content;
  MockReply reply{.headers = {{"Accept-Ranges", "bytes"},
                              {"Content-Type", "application/octet-stream"},
                              {"x-ms-blob-type", "BlockBlob"},
                              {"ETag", "\"0x8DA1\""}}};
  for (auto const& [header, value] : found->second.metadata) reply.headers[header] = value;
  auto range = request.header("x-ms-range");
  if (range.empty()) range = request.header("Range");
  if (!range.starts_with("bytes=")) {
    reply.body = content;
    if (!found->second.md5.empty()) reply.headers["Content-MD5"] = found->second.md5;
    return reply;
  }
  auto const dash = range.find('-');
  auto const first = std::stoull(range.substr(6, dash - 6));
  if (first >= content.size()) {
    auto error =
        blob_error(416, "InvalidRange", "The range specified is invalid for the current size of the resource.");
    error.headers["Content-Range"] = "bytes */" + std::to_string(content.size());
    return error;
  }
  auto const last = dash + 1 < range.size()
                        ? std::min<std::size_t>(std::stoull(range.substr(dash + 1)), content.size() - 1)
                        : content.size() - 1;
  reply.status = 206;
  reply.body = content.substr(first, last - first + 1);
  reply.headers["Content-Range"] =
      "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(content.size());
  if (!found->second.md5.empty()) reply.headers["x-ms-blob-content-md5"] = found->second.md5;
  return reply;
}

MockReply MockBlobs::list(MockRequest const& request, std::string const& container) const {
  constexpr std::size_t kPage = 2;
  auto const first = container + "/" + request.parameter("prefix");
  auto const marker = request.parameter("marker");
  std::size_t const skip = marker.empty() ? 0 : std::stoul(marker.substr(2));
  std::string rows, next = marker.empty() ? "m/0" : "";
  std::lock_guard const lock(mutex_);
  std::size_t at = 0;
  for (auto found = blobs_.lower_bound(first); found != blobs_.end() && found->first.starts_with(first); ++found) {
    auto const& blob = found->second;
    if (marker.empty() || !blob.committed || at++ < skip) continue;
    if (at > skip + kPage) {
      next = "m/" + std::to_string(skip + kPage);
      break;
    }
    rows += "<Blob><Name>" + escaped(found->first.substr(container.size() + 1)) +
            "</Name><Properties><Last-Modified>Fri, 27 Mar 2026 04:03:26 GMT</Last-Modified><Etag>0x8DA1</Etag><Content-Length>" +
            std::to_string(blob.content.size()) + "</Content-Length><Content-Encoding /><Content-MD5>" + md5(blob.content) +
            "</Content-MD5><BlobType>BlockBlob</BlobType></Properties><Metadata /><OrMetadata /></Blob>";
  }
  return {.headers = {{"Content-Type", "application/xml"}},
          .body = "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"" + escaped(container) +
                  "\"><Blobs>" + rows + "</Blobs>" + (next.empty() ? "<NextMarker />" : "<NextMarker>" + next + "</NextMarker>") +
                  "</EnumerationResults>"};
}

void MockBlobs::append(std::string const& name, std::string const& bytes) {
  std::lock_guard const lock(mutex_);
  auto& blob = blobs_[name];
  blob.content += bytes;
  blob.md5 = md5(blob.content);
  blob.committed = true;
}

std::optional<std::string> MockBlobs::content(std::string const& name) const {
  std::lock_guard const lock(mutex_);
  auto const found = blobs_.find(name);
  if (found == blobs_.end() || !found->second.committed) return {};
  return found->second.content;
}

std::map<std::string, std::string> MockBlobs::metadata(std::string const& name) const {
  std::lock_guard const lock(mutex_);
  auto const found = blobs_.find(name);
  return found == blobs_.end() ? std::map<std::string, std::string>{} : found->second.metadata;
}

std::map<std::string, std::string> MockBlobs::all() const {
  std::lock_guard const lock(mutex_);
  std::map<std::string, std::string> result;
  for (auto const& [name, blob] : blobs_) {
    if (blob.committed) result.emplace(name, blob.content);
  }
  return result;
}

void MockBlobs::require_signature(std::string signature) {
  std::lock_guard const lock(mutex_);
  signature_ = std::move(signature);
}

void MockBlobs::tell_wrong_md5() {
  std::lock_guard const lock(mutex_);
  tells_wrong_md5_ = true;
}

int MockBlobs::without_md5() const {
  std::lock_guard const lock(mutex_);
  return without_md5_;
}

std::map<std::string, int> MockBlobs::blocks_taken() const {
  std::lock_guard const lock(mutex_);
  return blocks_taken_;
}

}  // namespace azureml::test
