// A page of a container's listing, as any server might send it, in pieces of any size.
#include "fuzz/fuzz_input.hpp"
#include "transfer/list_xml.hpp"

#include <azureml/error.hpp>

#include <algorithm>
#include <optional>

using namespace azureml;

namespace {

struct Page {
  std::vector<transfer::BlobInfo> blobs{};
  std::string marker{};
};

/// Nothing when the page is refused.
std::optional<Page> read(std::string_view text, std::size_t piece) {
  transfer::ListReader reader;
  try {
    for (std::size_t at = 0; at < text.size(); at += piece) reader.feed(text.substr(at, piece));
    reader.finish();
  } catch (TransportError const&) {
    return std::nullopt;
  }
  return Page{.blobs = reader.blobs(), .marker = reader.next_marker()};
}

bool same(transfer::BlobInfo const& a, transfer::BlobInfo const& b) {
  return a.name == b.name && a.size == b.size && a.md5 == b.md5 && a.etag == b.etag && a.modified == b.modified && a.is_folder == b.is_folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  auto const whole = read(text, std::max<std::size_t>(text.size(), 1));
  for (std::size_t const piece : {1U, 7U}) {
    auto const pieces = read(text, piece);
    fuzz::require(whole.has_value() == pieces.has_value(), "a page is refused, or not, however it is cut");
    if (!whole) continue;
    fuzz::require(whole->marker == pieces->marker, "the marker does not depend on the pieces");
    fuzz::require(std::ranges::equal(whole->blobs, pieces->blobs, same), "the blobs do not depend on the pieces");
  }
  if (whole)
    for (auto const& blob : whole->blobs) fuzz::require(!blob.name.empty(), "every blob has a name");
  return 0;
}
