#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "http/deadline.hpp"
#include "transfer/blob.hpp"
#include "transfer/downloads.hpp"
#include "transfer/list_xml.hpp"

#include <memory>
#include <utility>

namespace azureml::transfer {

namespace {

constexpr std::size_t kPagesMax = 1'000'000;
constexpr char kPageSize[] = "5000";
constexpr int kRenewalsMax = 3;

/// Reads a page anew for each attempt.
class PageSink final : public http::BodySink {
 public:
  void begin(http::Response const&) override { reader = {}; }
  void write(std::string_view piece) override { reader.feed(piece); }
  ListReader reader{};
};

std::shared_ptr<PageSink> read_page(http::Pipeline const& pipeline, ContainerAddresses& addresses,
                                    std::string const& query, std::string const& what, http::Deadline const& deadline) {
  std::string refused;
  http::Response refusal;
  for (int renewals = 0; renewals <= kRenewalsMax; ++renewals) {
    auto url = addresses.container(query, refused, deadline.left());
    if (!refused.empty() && url == refused) break;
    auto const sink = std::make_shared<PageSink>();
    auto request = blob_request("GET", url);
    request.sink = sink;
    auto response = pipeline.send(request, deadline.left());
    if (response.status == 403) {
      refused = std::move(url);
      refusal = std::move(response);
      continue;
    }
    if (response.status != 200) throw_blob_error(response, what);
    sink->reader.finish();
    return sink;
  }
  throw_blob_error(refusal, what);
}

}  // namespace

void list_blobs(http::Pipeline const& pipeline, ContainerAddresses& addresses, std::string const& prefix,
                std::function<bool(BlobInfo&&)> const& visit, Context const& context) {
  http::Deadline const deadline(context, pipeline.clock());
  auto const what = "list the storage's files that begin with '" + prefix + "'";
  auto const query = "restype=container&comp=list&include=metadata&maxresults=" + std::string(kPageSize) +
                     "&prefix=" + base::percent_encode(prefix, "/");
  std::string marker;
  for (std::size_t page = 0; page < kPagesMax; ++page) {
    auto const sink =
        read_page(pipeline, addresses, marker.empty() ? query : query + "&marker=" + base::percent_encode(marker), what,
                  deadline);
    for (auto& blob : sink->reader.blobs())
      if (!visit(std::move(blob))) return;
    auto next = sink->reader.next_marker();
    if (next.empty()) return;
    if (next == marker) break;
    marker = std::move(next);
  }
  throw core::make_error<TransportError>("cannot " + what + ": the listing does not come to an end; try again",
                                         {.retryable = true});
}

}  // namespace azureml::transfer
