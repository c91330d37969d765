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

std::vector<std::string> parse_block_list(std::string_view xml) {
  skip_head(xml);
  std::vector<std::string> ids;
  if (xml == "<BlockList />" || xml == "<BlockList/>") return ids;
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
    if (kind == "Committed") throw refused("InvalidBlockList", "The specified block list is invalid: blocks of an earlier list are not kept.");
    if (kind != "Latest" && kind != "Uncommitted") throw not_a_list();
    if (ids.size() == kBlocksMax) throw refused("BlockListTooLong", "The block list may not contain more than 50,000 blocks.");
    ids.emplace_back(trimmed(xml.substr(0, stop)));
    xml.remove_prefix(stop + close.size());
  }
  if (!trimmed(xml).empty()) throw not_a_list();
  return ids;
}

}  // namespace azureml::engine::routes
