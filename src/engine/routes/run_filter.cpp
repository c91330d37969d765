#include "engine/routes/run_filter.hpp"

#include "base/encoding.hpp"
#include "base/time.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace azureml::engine::routes {

struct RunFilter::Node {
  enum class Kind { all, any, negation, comparison } kind = Kind::all;
  std::vector<Node> parts{};
  std::string field{}, key{};          ///< `key` of a tag or property
  std::string op{};
  std::optional<std::string> value{};  ///< none: null
  std::optional<store::TimePoint> time{};
};

namespace {

using Node = RunFilter::Node;
using base::equal_ignoring_case;

constexpr std::size_t kTextMax = 16 * 1024, kDepthMax = 32, kComparisonsMax = 200;
constexpr char kRunType[] = "azureml.scriptrun";
constexpr std::array<char const*, 7> kTextFields{"runId", "status", "runType", "displayName", "parentRunId", "rootRunId", "hidden"};
constexpr std::array<char const*, 3> kTimeFields{"createdUtc", "startTimeUtc", "endTimeUtc"};
constexpr std::array<char const*, 2> kMapFields{"tags", "properties"};
constexpr std::array<char const*, 6> kOperators{"eq", "ne", "gt", "ge", "lt", "le"};

template <std::size_t N>
char const* find_word(std::array<char const*, N> const& words, std::string_view word) {
  for (auto const* each : words)
    if (equal_ignoring_case(each, word)) return each;
  return nullptr;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Node parse() {
    auto node = any(0);
    if (skip(); at_ < text_.size()) refuse("'and', 'or' or the end is expected");
    return node;
  }

 private:
  [[noreturn]] void refuse(std::string const& what) const {
    throw bad_request("The filter '" + std::string(text_.substr(0, 200)) + "' (filter) is not understood at character " + std::to_string(at_ + 1) + ": " + what + ".");
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }

  bool take(std::string_view wanted) {
    auto const before = at_;
    if (equal_ignoring_case(next_word(), wanted)) return true;
    at_ = before;
    return false;
  }

  /// A run of characters without blanks, parentheses and quotes; may be empty.
  std::string_view next_word() {
    skip();
    auto const begin = at_;
    at_ = std::min(text_.find_first_of(" \t\r\n()'", begin), text_.size());
    return text_.substr(begin, at_ - begin);
  }

  bool take_sign(char sign) {
    skip();
    if (at_ == text_.size() || text_[at_] != sign) return false;
    ++at_;
    return true;
  }

  Node any(std::size_t depth) { return joined(Node::Kind::any, "or", depth); }
  Node all(std::size_t depth) { return joined(Node::Kind::all, "and", depth); }

  Node joined(Node::Kind kind, char const* word, std::size_t depth) {
    Node node{.kind = kind};
    do {
      node.parts.push_back(kind == Node::Kind::any ? all(depth) : term(depth));
    } while (take(word));
    return node.parts.size() == 1 ? Node(node.parts.front()) : node;
  }

  Node term(std::size_t depth) {
    if (depth > kDepthMax) refuse("it is nested too deeply");
    if (take("not")) {
      Node node{.kind = Node::Kind::negation};
      node.parts.push_back(term(depth + 1));
      return node;
    }
    if (!take_sign('(')) return comparison();
    auto node = any(depth + 1);
    if (!take_sign(')')) refuse("')' is expected");
    return node;
  }

  Node comparison() {
    if (++comparisons_ > kComparisonsMax) refuse("it has too many comparisons");
    Node node{.kind = Node::Kind::comparison};
    read_field(node);
    auto const op = next_word();
    auto const* known = find_word(kOperators, op);
    if (known == nullptr) refuse("'" + std::string(op) + "' is none of eq, ne, gt, ge, lt, le");
    node.op = known;
    node.value = read_value();
    check_value(node);
    return node;
  }

  void read_field(Node& node) {
    auto const name = next_word();
    if (auto const slash = name.find('/'); slash != std::string_view::npos) {
      auto const* map = find_word(kMapFields, name.substr(0, slash));
      if (map == nullptr || slash + 1 == name.size()) refuse("'" + std::string(name) + "' is no field of a run");
      node.field = map;
      node.key = name.substr(slash + 1);
      return;
    }
    auto const* field = find_word(kTextFields, name);
    if (field == nullptr) field = find_word(kTimeFields, name);
    if (field == nullptr) refuse("runs cannot be filtered by '" + std::string(name) + "'");
    node.field = field;
  }

  std::optional<std::string> read_value() {
    if (take_sign('\'')) return quoted();
    auto const bare = next_word();
    if (bare.empty()) refuse("a value is expected");
    if (equal_ignoring_case(bare, "null")) return std::nullopt;
    return std::string(bare);
  }

  std::string quoted() {
    std::string value;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        value += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
        value += text_[at_++];
      } else {
        ++at_;
        return value;
      }
    }
    refuse("the value has no closing quote");
  }

  void check_value(Node& node) const {
    bool const is_time = find_word(kTimeFields, node.field) != nullptr;
    if (!is_time && node.op != "eq" && node.op != "ne") refuse("'" + node.field + "' is compared with eq and ne only");
    if (!is_time || !node.value) return;
    node.time = base::from_iso8601(node.value->size() == 10 ? *node.value + "T00:00:00Z" : *node.value);
    if (!node.time) refuse("'" + *node.value + "' is no time");
  }

  std::string_view text_;
  std::size_t at_ = 0, comparisons_ = 0;
};

template <class T>
bool compare(std::string const& op, T const& there, T const& wanted) {
  if (op == "eq") return there == wanted;
  if (op == "ne") return there != wanted;
  if (op == "gt") return there > wanted;
  if (op == "ge") return there >= wanted;
  return op == "lt" ? there < wanted : there <= wanted;
}

bool compare_key(Node const& node, store::StringMap const& map) {
  auto const found = map.find(node.key);
  return found != map.end() && compare(node.op, std::optional(found->second), node.value);
}

bool compare_time(Node const& node, std::optional<store::TimePoint> const& there) {
  if (!there || !node.time) return compare(node.op, there.has_value(), node.time.has_value()) && (node.op == "eq" || node.op == "ne");
  return compare(node.op, *there, *node.time);
}

std::optional<std::string> text_of(std::string const& field, store::JobRecord const& job) {
  if (field == "status") return job.status;
  if (field == "runType") return kRunType;
  if (field == "displayName") return job.display_name.empty() ? job.name : job.display_name;
  if (field == "parentRunId") return std::nullopt;
  if (field == "hidden") return job.archived ? "true" : "false";
  return job.name;  // runId, and rootRunId, for no run has a parent
}

bool passes(Node const& node, store::JobRecord const& job) {
  switch (node.kind) {
    case Node::Kind::all: return std::all_of(node.parts.begin(), node.parts.end(), [&](Node const& part) { return passes(part, job); });
    case Node::Kind::any: return std::any_of(node.parts.begin(), node.parts.end(), [&](Node const& part) { return passes(part, job); });
    case Node::Kind::negation: return !passes(node.parts.front(), job);
    case Node::Kind::comparison: break;
  }
  if (node.field == "tags") return compare_key(node, job.tags);
  if (node.field == "properties") return compare_key(node, job.properties);
  if (node.field == "createdUtc") return compare_time(node, job.created);
  if (node.field == "startTimeUtc") return compare_time(node, job.started);
  if (node.field == "endTimeUtc") return compare_time(node, job.ended);
  return compare(node.op, text_of(node.field, job), node.value);
}

void add_needed(Node const& node, store::StringMap& tags) {
  if (node.kind == Node::Kind::all)
    for (auto const& part : node.parts) add_needed(part, tags);
  bool const equals = node.kind == Node::Kind::comparison && node.field == "tags" && node.op == "eq";
  // An empty value means to the store that the tag is there, which is needed too.
  if (equals && node.value && tags.size() < store::Store::kFilterTagsMax) tags.emplace(node.key, *node.value);
}

}  // namespace

RunFilter RunFilter::parse(std::string_view text) {
  RunFilter filter;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return filter;
  if (text.size() > kTextMax) throw bad_request("The filter (filter) has " + std::to_string(text.size()) + " characters; at most " + std::to_string(kTextMax) + " are understood.");
  filter.root_ = std::make_shared<Node const>(Parser(text).parse());
  return filter;
}

bool RunFilter::passes(store::JobRecord const& job) const { return root_ == nullptr || routes::passes(*root_, job); }

store::StringMap RunFilter::needed_tags() const {
  store::StringMap tags;
  if (root_ != nullptr) add_needed(*root_, tags);
  return tags;
}

}  // namespace azureml::engine::routes
