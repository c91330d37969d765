#include "transfer/list_xml.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"
#include "core/make_error.hpp"
#include "transfer/content_range.hpp"

#include <charconv>
#include <utility>

namespace azureml::transfer {

namespace {

constexpr std::size_t kTokenMax = 64 << 10;  ///< A name has at most 1,024 characters, all metadata of a blob 8 KiB.
constexpr std::size_t kDepthMax = 8, kBlobsMax = 20'000, kPageMax = 256 << 20;
constexpr std::string_view kMark = "\xEF\xBB\xBF", kBlanks = " \t\r\n", kBlob = "EnumerationResults/Blobs/Blob";

[[noreturn]] void refuse(std::string const& problem) {
  throw core::make_error<TransportError>("cannot read the storage's listing: " + problem +
                                         "; check that the address is that of a blob storage");
}

void append_utf8(std::string& text, std::uint32_t point) {
  auto const tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xE0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

void append_entity(std::string& text, std::string_view name) {
  if (name == "lt")
    text += '<';
  else if (name == "gt")
    text += '>';
  else if (name == "amp")
    text += '&';
  else if (name == "quot")
    text += '"';
  else if (name == "apos")
    text += '\'';
  else {
    if (!name.starts_with('#')) refuse("an entity is not known");
    name.remove_prefix(1);
    int const base = name.starts_with('x') ? 16 : 10;
    if (base == 16) name.remove_prefix(1);
    std::uint32_t point = 0;
    auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), point, base);
    bool const is_read = !name.empty() && error == std::errc{} && end == name.data() + name.size();
    if (!is_read || point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
      refuse("a character cannot be read");
    append_utf8(text, point);
  }
}

std::string decoded(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  while (!raw.empty()) {
    auto const at = raw.find('&');
    text += raw.substr(0, at);
    if (at == std::string_view::npos) break;
    auto const end = raw.find(';', at);
    if (end == std::string_view::npos) refuse("an entity has no end");
    append_entity(text, raw.substr(at + 1, end - at - 1));
    raw.remove_prefix(end + 1);
  }
  return text;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

}  // namespace

void ListReader::feed(std::string_view piece) {
  size_ += piece.size();
  if (size_ > kPageMax) refuse("a page is too long");
  while (!piece.empty()) {
    // An attribute's value has no `>` in what the service sends: there it would be an entity.
    auto const end = piece.find(in_tag_ ? '>' : '<');
    auto const part = piece.substr(0, end);
    if (token_.size() + part.size() > kTokenMax) refuse("an element is too long");
    token_ += part;
    if (end == std::string_view::npos) return;
    piece.remove_prefix(end + 1);
    in_tag_ ? tag_ends() : text_ends();
    in_tag_ = !in_tag_;
    token_.clear();
  }
}

void ListReader::text_ends() {
  std::string_view raw = token_;
  if (open_.empty()) {
    if (!began_ && raw.starts_with(kMark)) raw.remove_prefix(kMark.size());
    if (!is_blank(raw)) refuse("it is not XML");
    began_ = true;
    return;
  }
  text_ += decoded(raw);
  if (text_.size() > kTokenMax) refuse("an element is too long");
}

void ListReader::tag_ends() {
  std::string_view tag = token_;
  if (tag.starts_with('!')) refuse("it has a document type, a comment or a section");
  if (tag.starts_with('?')) {
    if (!open_.empty() || ended_ || !tag.ends_with('?')) refuse("it has an instruction");
    return;
  }
  if (tag.starts_with('/')) {
    tag.remove_prefix(1);
    return close(tag.substr(0, tag.find_first_of(kBlanks)));
  }
  bool const is_empty = tag.ends_with('/');
  if (is_empty) tag.remove_suffix(1);
  auto const name = std::string(tag.substr(0, tag.find_first_of(kBlanks)));
  open(tag);
  if (is_empty) close(name);
}

void ListReader::open(std::string_view tag) {
  auto const name = tag.substr(0, tag.find_first_of(kBlanks));
  if (name.empty()) refuse("an element has no name");
  if (ended_ || (open_.empty() && name != "EnumerationResults")) refuse("it is no listing");
  if (open_.size() >= kDepthMax) refuse("its elements lie too deep");
  if (!is_blank(text_)) refuse("text stands between elements");
  open_.emplace_back(name);
  text_.clear();
  has_children_ = false;
  is_encoded_ = tag.find("Encoded=\"true\"") != std::string_view::npos;
  if (path() == kBlob) blob_ = {};
}

void ListReader::close(std::string_view name) {
  if (open_.empty() || open_.back() != name) refuse("an element ends that has not begun");
  auto const where = path();
  if (has_children_) {
    if (!is_blank(text_)) refuse("text stands between elements");
  } else {
    if (std::exchange(is_encoded_, false)) {
      auto plain = base::percent_decode(text_);
      if (!plain) refuse("an encoded name cannot be read");
      text_ = std::move(*plain);
    }
    value(where, text_);
  }
  if (where == kBlob) {
    if (blob_.name.empty()) refuse("a blob has no name");
    if (blobs_.size() >= kBlobsMax) refuse("a page has too many blobs");
    blobs_.push_back(std::move(blob_));
    blob_ = {};
  }
  text_.clear();
  open_.pop_back();
  has_children_ = true;
  ended_ = open_.empty();
}

void ListReader::value(std::string_view path, std::string const& text) {
  if (path == "EnumerationResults/NextMarker") next_marker_ = text;
  if (!path.starts_with(kBlob) || path.size() <= kBlob.size()) return;
  path.remove_prefix(kBlob.size() + 1);
  if (path == "Name") {
    blob_.name = text;
  } else if (path == "Properties/Content-Length") {
    auto const size = text.empty() ? std::optional<std::uint64_t>(0) : parse_size(text);
    if (!size) refuse("a length cannot be read");
    blob_.size = *size;
  } else if (path == "Properties/Content-MD5") {
    auto raw = base::from_base64(text);
    if (raw && raw->size() == 16) blob_.md5 = std::move(*raw);
  } else if (path == "Properties/Etag") {
    blob_.etag = text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
  } else if (path == "Properties/Last-Modified") {
    blob_.modified = base::from_http_date(text);
  } else if (path == "Properties/ResourceType") {
    blob_.is_folder = blob_.is_folder || base::equal_ignoring_case(text, "directory");
  } else if (base::equal_ignoring_case(path, "Metadata/hdi_isfolder")) {
    blob_.is_folder = blob_.is_folder || base::equal_ignoring_case(text, "true");
  }
}

std::string ListReader::path() const {
  std::string path;
  for (auto const& name : open_) path += (path.empty() ? "" : "/") + name;
  return path;
}

void ListReader::finish() const {
  if (!ended_ || in_tag_ || !is_blank(token_)) refuse("it is not whole");
}

}  // namespace azureml::transfer
