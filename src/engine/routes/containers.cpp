#include "engine/routes/blob_common.hpp"
#include "engine/routes/data_places.hpp"
#include "engine/routes/files.hpp"
#include "engine/routes/wire.hpp"

#include "base/digest.hpp"

namespace azureml::engine::routes {
namespace {

bool exists(std::string const& container, Services& services) {
  return container == kArtifactContainer ||
         (is_container_name(container) && has_container(services.store, services.identity, container));
}

/// A container of this engine never changes but in what it holds.
Headers headers_of(std::string const& container) {
  return {{"ETag", "\"0x" + base::sha256_hex(container).substr(0, 16) + "\""}, {"Last-Modified", blob_date({})}};
}

void check_resource(Request const& request) {
  if (!base::equal_ignoring_case(request.query_value("restype"), "container")) {
    throw blob_error(400, "InvalidQueryParameterValue",
                     "The address is one of a container; the request must say restype=container.");
  }
}

}  // namespace

Reply create_container(Request const& request, Services& services) {
  check_resource(request);
  auto const& container = parameter(request, "container");
  if (auto const operation = request.query_value("comp"); !operation.empty()) {
    throw blob_error(501, "NotImplemented",
                     "The container operation comp=" + operation + " is not supported by this engine.");
  }
  if (!is_container_name(container)) {
    throw blob_error(400, "InvalidResourceName",
                     "The container name is not valid: it must be 3 to 63 lower-case letters, digits and single "
                     "hyphens, and begin and end with a letter or digit.");
  }
  if (!metadata_of(request).empty())
    throw blob_error(400, "UnsupportedHeader", "Metadata of containers (x-ms-meta-…) is not kept by this engine.");
  if (exists(container, services))
    throw blob_error(409, "ContainerAlreadyExists", "The specified container already exists.");
  services.store.add_container(container);
  return {.status = 201, .headers = headers_of(container)};
}

Reply read_container(Request const& request, Services& services) {
  auto const operation = base::to_lower_ascii(request.query_value("comp"));
  if (operation == "list") return list_blobs(request, services);
  check_resource(request);
  if (!operation.empty() && operation != "metadata") {
    throw blob_error(501, "NotImplemented",
                     "The container operation comp=" + operation + " is not supported by this engine.");
  }
  auto const& container = parameter(request, "container");
  if (!exists(container, services)) throw container_not_found();
  Reply reply{.headers = headers_of(container)};
  reply.headers["x-ms-lease-state"] = "available";
  reply.headers["x-ms-lease-status"] = "unlocked";
  return reply;
}

}  // namespace azureml::engine::routes
