#include "engine/routes/block_list.hpp"

#include "base/encoding.hpp"
#include "engine/routes/exchange.hpp"

namespace azureml::engine::routes {
namespace {

ApiError refused(std::string code, std::string message) { return {.status = 400, .code = std::move(code), .message = std::move(message)}; }

ApiError not_a_list() { return refused("InvalidXmlDocument", "XML specified is not syntactically valid: it is no block list."); }

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Takes `literal` off the front.
bool take(std::string_view& text, std::string_view literal) {
  if (!text.starts_with(literal)) return false;
  text.remove_prefix(literal.size());
  return true;
}

void skip_head(std::string_view& text) {
  take(text, "\xef\xbb\xbf");
  text = trimmed(text);
  if (!text.starts_with("<?xml")) return;
  auto const end = text.find("?>");
  if (end == text.npos) throw not_a_list();
  text = trimmed(text.substr(end + 2));
}

}  // namespace

std::string block_file_name(std::string_view id) {
  auto const bytes = base::from_base64(id);
  if (!bytes || bytes->empty() || bytes->size() > 64) {
    throw refused("InvalidQueryParameterValue", "The block id is not valid: it must be base64 of 1 to 64 bytes.");
  }
  return base::to_hex(*bytes);
}

std::string block_id_of(std::string_view file_name) {
  auto const digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < file_name.size(); i += 2) {
    auto const high = digit(file_name[i]), low = digit(file_name[i + 1]);
    if (high < 0 || low < 0) return {};
    bytes += static_cast<char>(high * 16 + low);
  }
  return base::to_base64(bytes);
}

std::vector<ListedBlock> parse_block_list(std::string_view xml) {
  skip_head(xml);
  std::vector<ListedBlock> blocks;
  if (xml == "<BlockList />" || xml == "<BlockList/>") return blocks;
  if (!take(xml, "<BlockList>")) throw not_a_list();
  for (;;) {
    xml = trimmed(xml);
    if (take(xml, "</BlockList>")) break;
    auto const end = xml.find('>');
    if (!xml.starts_with('<') || end == xml.npos) throw not_a_list();
    auto const kind = xml.substr(1, end - 1);
    xml.remove_prefix(end + 1);
    auto const close = "</" + std::string(kind) + ">";
    auto const stop = xml.find(close);
    if (stop == xml.npos) throw not_a_list();
    ListedBlock block{.id = std::string(trimmed(xml.substr(0, stop)))};
    if (kind == "Committed") {
      block.from = ListedBlock::From::committed;
    } else if (kind == "Uncommitted") {
      block.from = ListedBlock::From::uncommitted;
    } else if (kind != "Latest") {
      throw not_a_list();
    }
    if (blocks.size() == kBlocksMax) throw refused("BlockListTooLong", "The block list may not contain more than 50,000 blocks.");
    blocks.push_back(std::move(block));
    xml.remove_prefix(stop + close.size());
  }
  if (!trimmed(xml).empty()) throw not_a_list();
  return blocks;
}

}  // namespace azureml::engine::routes
