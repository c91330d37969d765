#include "transfer/blocks.hpp"

#include "base/encoding.hpp"
#include "transfer/content_range.hpp"

namespace azureml::transfer {

namespace {

constexpr std::size_t kMd5Digits = 32;
constexpr std::size_t kNumberDigits = 5;  ///< Of the number of the last block.

std::string padded(std::size_t number, std::size_t length) {
  auto const digits = std::to_string(number);
  return std::string(length - std::min(digits.size(), length), '0') + digits;
}

/// The text of the first element of that name.
std::optional<std::string_view> element(std::string_view xml, std::string_view name) {
  auto const open = "<" + std::string(name) + ">";
  auto const begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  auto const end = xml.find("</" + std::string(name) + ">", begin);
  if (end == std::string_view::npos) return {};
  return xml.substr(begin + open.size(), end - begin - open.size());
}

}  // namespace

BlockLayout block_layout(std::uint64_t size, std::uint64_t block) {
  return {.size = size, .block = std::max(block, (size + kBlocksMax - 1) / kBlocksMax)};
}

bool tells_content(std::size_t id_length) {
  return id_length >= kNumberDigits + kMd5Digits;
}

std::string block_id(std::size_t number, std::string_view md5, std::size_t length) {
  if (!tells_content(length)) return base::to_base64(padded(number, length));
  return base::to_base64(padded(number, length - kMd5Digits) + base::to_hex(md5));
}

std::string block_list_body(std::vector<std::string> const& ids) {
  std::string body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  for (auto const& id : ids) body.append("<Latest>").append(id).append("</Latest>");
  return body + "</BlockList>";
}

std::vector<UncommittedBlock> parse_uncommitted_blocks(std::string_view xml) {
  std::vector<UncommittedBlock> result;
  auto left = element(xml, "UncommittedBlocks").value_or(std::string_view{});
  constexpr std::string_view kEnd = "</Block>";
  for (auto end = left.find(kEnd); end != std::string_view::npos; end = left.find(kEnd)) {
    auto const block = left.substr(0, end);
    auto const id = element(block, "Name");
    auto const size = parse_size(element(block, "Size").value_or(std::string_view{}));
    if (id && size) result.push_back({.id = std::string(*id), .size = *size});
    left.remove_prefix(end + kEnd.size());
  }
  return result;
}

}  // namespace azureml::transfer
