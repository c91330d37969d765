#include "transfer/blob.hpp"

#include "base/encoding.hpp"
#include "base/redact.hpp"
#include "core/make_error.hpp"

#include <algorithm>
#include <utility>

namespace azureml::transfer {

namespace {

constexpr std::size_t kBodyShown = 8 << 10;
constexpr char kVersion[] = "2021-12-02";

/// The text of an XML element, for messages: entities stay as they are.
std::string element(std::string_view xml, std::string const& name) {
  auto const open = "<" + name + ">";
  auto const begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  auto const end = xml.find("</" + name + ">", begin);
  if (end == std::string_view::npos) return {};
  return std::string(xml.substr(begin + open.size(), end - begin - open.size()));
}

std::string first_line(std::string text) {
  text.resize(std::min({text.find('\n'), text.size(), std::size_t{500}}));
  while (!text.empty() && (text.back() == '\r' || text.back() == '.' || text.back() == ' ')) text.pop_back();
  return base::redact_text(text);
}

std::string remedy(int status) {
  if (status == 403)
    return "; the signed address may have expired or may not allow this: ask for a new one by trying again";
  if (status == 404) return "; check the name";
  if (status == 409 || status == 412) return "; somebody else writes to the same place";
  if (status == 408 || status == 429 || status >= 500) return "; try again later";
  return {};
}

}  // namespace

ContainerUrl::ContainerUrl(std::string const& sas_uri) {
  auto const question = std::min(sas_uri.find('?'), sas_uri.size());
  base_ = sas_uri.substr(0, question);
  while (base_.ends_with('/')) base_.pop_back();
  if (question < sas_uri.size()) signature_ = sas_uri.substr(question + 1);
}

std::string ContainerUrl::blob(std::string_view path, std::string_view query) const {
  auto url = base_ + "/" + base::percent_encode(path, "/");
  char mark = '?';
  for (auto const part : {std::string_view(signature_), query}) {
    if (part.empty()) continue;
    url += mark;
    url += part;
    mark = '&';
  }
  return url;
}

http::Request blob_request(std::string method, std::string url) {
  http::Request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"x-ms-version", kVersion}};
  request.auth = http::AuthKind::none;
  request.idempotent = true;
  return request;
}

std::string header(http::Response const& response, std::string_view name) {
  auto const found = response.headers.find(name);
  return found == response.headers.end() ? std::string{} : found->second;
}

bool is_from_a_storage(http::Response const& head) {
  return head.headers.contains("ETag") || std::any_of(head.headers.begin(), head.headers.end(), [](auto const& each) {
           return base::equal_ignoring_case(std::string_view(each.first).substr(0, 5), "x-ms-");
         });
}

std::string blob_error_code(http::Response const& response) {
  auto const code = header(response, "x-ms-error-code");
  return code.empty() ? element(response.body, "Code").substr(0, 100) : code;
}

void throw_blob_error(http::Response const& response, std::string const& what) {
  auto const code = blob_error_code(response);
  auto const request_id = header(response, "x-ms-request-id");
  auto message = "cannot " + what + ": the storage answered " + std::to_string(response.status);
  if (!code.empty()) message += " " + base::redact_text(code);
  if (auto const text = first_line(element(response.body, "Message")); !text.empty()) message += ": " + text;
  if (!request_id.empty()) message += " (request id " + request_id + ")";
  message += remedy(response.status);
  core::ErrorState state{.retryable = response.status == 408 || response.status == 429 || response.status >= 500,
                         .status = response.status,
                         .request_id = request_id,
                         .code = code,
                         .body = base::redact_text(response.body.substr(0, kBodyShown)).substr(0, kBodyShown)};
  if (response.status == 404) throw core::make_error<NotFoundError>(message, std::move(state));
  throw core::make_error<ServiceError>(message, std::move(state));
}

http::Response send_blob(http::Pipeline const& pipeline, http::Request const& request, std::string const& what,
                         http::Deadline const& deadline) {
  auto response = pipeline.send(request, deadline.left());
  if (response.status < 200 || response.status > 299) throw_blob_error(response, what);
  return response;
}

}  // namespace azureml::transfer
