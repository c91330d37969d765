#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::transfer {

inline constexpr std::size_t kBlocksMax = 50'000;  ///< Of one blob, by the service's rules.
inline constexpr std::size_t kBlockIdLength = 40;  ///< Decoded; the service allows 64.

/// How a file is cut into blocks.
struct BlockLayout {
  std::uint64_t size = 0, block = 0;

  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>((size + block - 1) / block); }
  [[nodiscard]] std::uint64_t offset(std::size_t number) const { return number * block; }
  [[nodiscard]] std::uint64_t length(std::size_t number) const { return std::min(block, size - offset(number)); }
};
/// Blocks of `block` bytes, or of as few more as keep their number in bounds.
BlockLayout block_layout(std::uint64_t size, std::uint64_t block);

/// The base64 of the number and the MD5 of a block: whoever finds it on the server knows what it holds. All ids of a
/// blob must have the same length, also those that another program has left there: for a length that has no room for
/// the MD5 it is the number alone.
/// @param md5 raw @param length of the decoded id
std::string block_id(std::size_t number, std::string_view md5, std::size_t length = kBlockIdLength);
/// True when ids of that length tell what the block holds.
bool tells_content(std::size_t id_length);

/// The body of Put Block List.
std::string block_list_body(std::vector<std::string> const& ids);

/// A block that was put and is part of no blob yet.
struct UncommittedBlock {
  std::string id{};
  std::uint64_t size = 0;
};
/// The uncommitted ones of an answer to Get Block List; what cannot be read is left out.
std::vector<UncommittedBlock> parse_uncommitted_blocks(std::string_view xml);

}  // namespace azureml::transfer
