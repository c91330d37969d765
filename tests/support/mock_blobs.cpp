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

MockReply created() {
  return {.status = 201,
          .headers = {{"ETag", "\"0x8DA1\""},
                      {"Last-Modified", "Fri, 27 Mar 2026 04:03:26 GMT"},
                      {"x-ms-request-server-encrypted", "true"}}};
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

MockReply MockBlobs::serve(MockRequest const& request, std::string const& name) {
  std::lock_guard const lock(mutex_);
  if (request.method == "PUT") return put(request, name);
  if (request.method == "GET" || request.method == "HEAD") return get(request, name);
  return blob_error(405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.");
}

MockReply MockBlobs::put(MockRequest const& request, std::string const& name) {
  if (auto const sum = request.header("Content-MD5"); !sum.empty() && sum != md5(request.body)) {
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
    auto reply = created();
    reply.status = 200;
    return reply;
  }
  if (comp == "block") {
    blobs_[name].blocks[request.parameter("blockid")] = request.body;
    return created();
  }
  if (request.header("If-None-Match") == "*" && there)
    return blob_error(409, "BlobAlreadyExists", "The specified blob already exists.");
  auto& blob = blobs_[name];
  if (comp == "blocklist") {
    std::string content;
    for (auto const& id : block_list(request.body)) {
      auto const block = blob.blocks.find(id);
      if (block == blob.blocks.end())
        return blob_error(400, "InvalidBlockList", "The specified block list is invalid.");
      content += block->second;
    }
    blob = {.content = std::move(content), .committed = true};
    return created();
  }
  if (request.header("x-ms-blob-type") != "BlockBlob")
    return blob_error(400, "MissingRequiredHeader",
                      "An HTTP header that's mandatory for this request is not specified.");
  blob = {.content = request.body, .committed = true};
  return created();
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
    reply.headers["Content-MD5"] = md5(content);
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
  reply.headers["x-ms-blob-content-md5"] = md5(content);
  return reply;
}

void MockBlobs::append(std::string const& name, std::string const& bytes) {
  std::lock_guard const lock(mutex_);
  auto& blob = blobs_[name];
  blob.content += bytes;
  blob.committed = true;
}

std::optional<std::string> MockBlobs::content(std::string const& name) const {
  std::lock_guard const lock(mutex_);
  auto const found = blobs_.find(name);
  if (found == blobs_.end() || !found->second.committed) return {};
  return found->second.content;
}

std::map<std::string, std::string> MockBlobs::all() const {
  std::lock_guard const lock(mutex_);
  std::map<std::string, std::string> result;
  for (auto const& [name, blob] : blobs_) {
    if (blob.committed) result.emplace(name, blob.content);
  }
  return result;
}

}  // namespace azureml::test
