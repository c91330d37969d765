#include "engine/routes/blob_common.hpp"
#include "engine/routes/data_places.hpp"
#include "engine/routes/files.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPageMax = 5000;

std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string element(std::string const& name, std::string_view text) {
  return text.empty() ? "<" + name + " />" : "<" + name + ">" + escaped(text) + "</" + name + ">";
}

std::string without_quotes(std::string const& etag) {
  return etag.size() >= 2 && etag.front() == '"' ? etag.substr(1, etag.size() - 2) : etag;
}

/// Metadata names that are no XML names cannot be listed.
bool is_xml_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == name.npos && (name.front() < '0' || name.front() > '9');
}

std::string blob_element(store::BlobRecord const& blob, bool with_metadata) {
  auto const date = blob_date(blob.modified);
  std::string text = "<Blob>" + element("Name", blob.name) + "<Properties>" + element("Creation-Time", date) + element("Last-Modified", date) +
                     element("Etag", without_quotes(blob.etag)) + element("Content-Length", std::to_string(blob.size)) +
                     element("Content-Type", blob.content_type) + "<Content-Encoding /><Content-Language /><Content-CRC64 />" +
                     element("Content-MD5", blob.content_md5) +
                     "<Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><AccessTierInferred>true"
                     "</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted>"
                     "</Properties>";
  if (with_metadata && blob.metadata.empty()) text += "<Metadata />";
  if (with_metadata && !blob.metadata.empty()) {
    text += "<Metadata>";
    for (auto const& [name, value] : blob.metadata) {
      if (is_xml_name(name)) text += element(name, value);
    }
    text += "</Metadata>";
  }
  return text + "<OrMetadata /></Blob>";
}

struct Query {
  std::string container{}, prefix{}, delimiter{}, after{};
  std::size_t limit = kPageMax;
  bool with_metadata = false;
};

Query read_query(Request const& request) {
  if (!base::equal_ignoring_case(request.query_value("comp"), "list")) {
    throw blob_error(400, "InvalidQueryParameterValue", "Of a container only its list of blobs can be read: restype=container&comp=list.");
  }
  Query query{.container = parameter(request, "container"), .prefix = request.query_value("prefix"), .delimiter = request.query_value("delimiter")};
  auto const after = base::from_base64url(request.query_value("marker"));
  if (!after) throw blob_error(400, "InvalidQueryParameterValue", "The marker is not one of this engine.");
  query.after = *after;
  query.limit = number_in_query(request, "maxresults", kPageMax, kPageMax);
  query.with_metadata = request.query_value("include").find("metadata") != std::string::npos;
  return query;
}

/// Collects the entries of one page from blobs that come in order.
class Listing {
 public:
  explicit Listing(Query const& query) : query_(query) {}

  /// Where to go on after this blob; nothing when the page was full before it.
  std::optional<std::string> add(store::BlobRecord const& blob) {
    if (count_ == query_.limit) {
      next_ = last_;
      return std::nullopt;
    }
    ++count_;
    auto const end = query_.delimiter.empty() ? std::string::npos : blob.name.find(query_.delimiter, query_.prefix.size());
    if (end == std::string::npos) {
      text_ += blob_element(blob, query_.with_metadata);
      last_ = blob.name;
    } else {
      auto const folder = blob.name.substr(0, end + query_.delimiter.size());
      text_ += "<BlobPrefix>" + element("Name", folder) + "</BlobPrefix>";
      // Past every name in the folder: UTF-8 has no such byte.
      last_ = folder + '\xff';
    }
    return last_;
  }
  [[nodiscard]] std::string body(std::string const& endpoint) const {
    return "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"" + escaped(endpoint) + "\" ContainerName=\"" +
           escaped(query_.container) + "\">" + element("Prefix", query_.prefix) +
           (query_.delimiter.empty() ? "" : element("Delimiter", query_.delimiter)) + "<Blobs>" + text_ + "</Blobs>" +
           element("NextMarker", base::to_base64url(next_)) + "</EnumerationResults>";
  }

 private:
  Query const& query_;
  std::size_t count_ = 0;
  std::string text_{}, last_{}, next_{};
};

void list_uploaded(Query const& query, Services& services, Listing& listing) {
  auto after = query.after;
  for (bool more = true; more;) {
    auto const page = services.store.list_blobs(query.container, query.prefix, after, query.limit + 1);
    more = !page.next.empty();
    for (auto const& blob : page.items) {
      if (blob.name <= after) continue;
      auto const position = listing.add(blob);
      if (!position) return;
      after = *position;
    }
    if (more && page.next > after) after = page.next;
  }
}

/// The artifacts of the one run that the prefix names. `dcid.a_1` without a slash means that run, not `a_10` as well.
void list_artifacts(Query const& query, Services& services, Listing& listing) {
  constexpr std::string_view kPrefix = "ExperimentRun/dcid.";
  if (!query.prefix.starts_with(kPrefix)) return;
  auto const slash = std::min(query.prefix.find('/', kPrefix.size()), query.prefix.size());
  auto const run = query.prefix.substr(kPrefix.size(), slash - kPrefix.size());
  if (!is_job_name(run) || !services.store.find_job(run)) return;
  auto const folder = query.prefix.substr(0, slash) + "/";
  auto const below = slash < query.prefix.size() ? query.prefix.substr(slash + 1) : std::string{};
  auto after = query.after.starts_with(folder) ? query.after.substr(folder.size()) : std::string{};
  auto const root = services.home.artifacts(run);
  std::string passed = after;
  walk_files(root, below, after, [&](std::string const& name) {
    if (name <= passed || !name_fault(name).empty()) return true;
    auto const file = open_beneath(root, name);
    if (!file) return true;
    auto const position = listing.add({.container = query.container,
                                       .name = folder + name,
                                       .content_type = "application/octet-stream",
                                       .etag = file->etag,
                                       .size = file->size,
                                       .modified = file->modified});
    if (!position) return false;
    passed = position->size() > folder.size() ? position->substr(folder.size()) : std::string{};
    return true;
  });
}

}  // namespace

Reply list_blobs(Request const& request, Services& services) {
  auto const query = read_query(request);
  Listing listing{query};
  if (query.container == kArtifactContainer) {
    list_artifacts(query, services, listing);
  } else {
    if (!is_container_name(query.container) || !has_container(services.store, services.identity, query.container)) throw container_not_found();
    list_uploaded(query, services, listing);
  }
  return {.headers = {{"Content-Type", "application/xml"}},
          .body = listing.body(request.base_url + "/" + services.identity.storage_account + "/")};
}

}  // namespace azureml::engine::routes
