#pragma once
#include "http/transport.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::transfer {

/// What the head of an answer with bytes says.
struct BlobAnswer {
  bool whole = false;                    ///< 200: all of the blob from its beginning, whatever was asked for.
  std::uint64_t first = 0;               ///< The first byte's place in the blob.
  std::optional<std::uint64_t> size{};   ///< Of this answer.
  std::optional<std::uint64_t> total{};  ///< Of the blob.
  std::string etag{};                    ///< As it is written; empty when there is none that names exactly these bytes.
  std::string md5{};                     ///< Of the blob, raw; empty when the server says none.
  std::string range_md5{};               ///< Of this answer's bytes, raw; empty likewise or when it was not asked for.
};

/// @param asked_md5 the request asked for the MD5 of its range @throws TransportError when this is no answer of a blob
/// storage
BlobAnswer read_blob_answer(http::Response const& head, bool asked_md5, std::string const& what);

/// The same entity tag, with or without quotes.
bool is_same_etag(std::string_view a, std::string_view b);

}  // namespace azureml::transfer
