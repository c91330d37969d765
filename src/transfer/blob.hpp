#pragma once
#include "http/deadline.hpp"
#include "http/pipeline.hpp"

#include <string>
#include <string_view>

namespace azureml::transfer {

/// The signed address of a container: what is below it is addressed with the same signature, whose query is kept as it
/// came.
class ContainerUrl {
 public:
  explicit ContainerUrl(std::string const& sas_uri);
  /// @param path of the blob, plain; each part is percent-encoded @param query of the operation, e.g. `comp=metadata`
  [[nodiscard]] std::string blob(std::string_view path, std::string_view query = {}) const;

 private:
  std::string base_, signature_;
};

/// A request to a signed address: no token, may be repeated.
http::Request blob_request(std::string method, std::string url);

/// Any status of the 2xx is a normal return. @param what completes "cannot …" @throws NotFoundError, ServiceError, and
/// as `Pipeline::send`
http::Response send_blob(http::Pipeline const& pipeline, http::Request const& request, std::string const& what,
                         http::Deadline const& deadline);

/// Turns an answer that is not 2xx into the error it is.
[[noreturn]] void throw_blob_error(http::Response const& response, std::string const& what);

/// The service's name of what went wrong: the header `x-ms-error-code`, else `<Code>` of the body; empty when it says
/// neither.
std::string blob_error_code(http::Response const& response);

/// Whether a storage has sent it: proxies and sign-in pages, which answer 200 to everything, know neither ETags nor
/// headers of its own.
bool is_from_a_storage(http::Response const& head);

/// The value of a header; empty when it is not there.
std::string header(http::Response const& response, std::string_view name);

}  // namespace azureml::transfer
