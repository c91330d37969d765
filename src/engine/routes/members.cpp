#include "engine/routes/members.hpp"

#include "base/encoding.hpp"
#include "engine/routes/exchange.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

namespace azureml::engine::routes {
namespace {

using nlohmann::json;
using base::equal_ignoring_case;

/// More faults than these say no more.
constexpr std::size_t kFaultsMax = 50;

struct Fault {
  std::string place{};    ///< Key of `member_positions`.
  std::string message{};  ///< Without the place in the text.
};

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

class Checker {
 public:
  std::vector<Fault> faults{};

  /// `place` leads from the body to the value; `path` from the nearest object with a discriminator, which the service reads on its own.
  void object(json const& value, ObjectType const& type, std::string const& place, std::string const& path) {
    if (value.is_null() || faults.size() >= kFaultsMax) return;
    if (!value.is_object()) return fault(place, path, "The value must be an object of type " + in_quotes(type.name) + ".");
    if (!type.discriminator.empty()) return variant(value, type, place, path);
    for (auto const& [name, member_value] : value.items()) {
      auto const inner_place = place + '\x1f' + name;
      auto const inner_path = path.empty() ? name : path + "." + name;
      auto const* known = find(type, name);
      if (known != nullptr) {
        member(member_value, *known, inner_place, inner_path);
      } else {
        fault(inner_place, inner_path, "Could not find member " + in_quotes(name) + " on object of type " + in_quotes(type.name) + ".");
      }
    }
  }

 private:
  static Member const* find(ObjectType const& type, std::string_view name) {
    auto const found = std::find_if(type.members.begin(), type.members.end(), [&](Member const& each) { return each.name == name; });
    return found == type.members.end() ? nullptr : &*found;
  }

  void fault(std::string const& place, std::string const& path, std::string const& message) {
    if (faults.size() < kFaultsMax) faults.push_back({place, message + " Path " + in_quotes(path)});
  }

  void variant(json const& value, ObjectType const& type, std::string const& place, std::string const& path) {
    auto const found = value.find(type.discriminator);
    if (found == value.end() || !found->is_string()) {
      return fault(place, path, "The required member " + in_quotes(type.discriminator) + " of an object of type " + in_quotes(type.name) + " is missing.");
    }
    auto const word = found->get<std::string>();
    for (auto const& [name, variant_type] : type.variants) {
      if (equal_ignoring_case(name, word)) return object(value, *variant_type, place, {});
    }
    fault(place + '\x1f' + std::string(type.discriminator), std::string(type.discriminator),
          "The value " + in_quotes(word) + " of " + in_quotes(type.discriminator) + " is not known.");
  }

  void member(json const& value, Member const& known, std::string const& place, std::string const& path) {
    if (value.is_null()) return;
    auto const must_be = [&](bool is, char const* what) {
      if (!is) fault(place, path, "The member " + in_quotes(known.name) + " must be " + what + ".");
    };
    switch (known.kind) {
      case MemberKind::any: return;
      case MemberKind::text: return must_be(value.is_string(), "a string");
      case MemberKind::integer: return must_be(value.is_number_integer(), "a whole number");
      case MemberKind::boolean: return must_be(value.is_boolean(), "true or false");
      case MemberKind::text_map: return must_be(all(value, value.is_object()), "an object whose values are strings");
      case MemberKind::text_list: return must_be(all(value, value.is_array()), "a list of strings");
      case MemberKind::object: return object(value, *known.type, place, path);
      case MemberKind::object_map:
        if (!value.is_object()) return must_be(false, "an object");
        for (auto const& [name, each] : value.items()) object(each, *known.type, place + '\x1f' + name, path + "." + name);
        return;
    }
  }

  static bool all(json const& value, bool right_kind) {
    return right_kind && std::all_of(value.begin(), value.end(), [](json const& each) { return each.is_string() || each.is_null(); });
  }
};

}  // namespace

void check_members(std::string const& text, json const& body, ObjectType const& type) {
  Checker checker;
  checker.object(body, type, {}, {});
  if (checker.faults.empty()) return;

  auto const positions = member_positions(text);
  auto const position_of = [&](Fault const& fault) {
    auto const found = positions.find(fault.place);
    return found == positions.end() ? TextPosition{} : found->second;
  };
  std::stable_sort(checker.faults.begin(), checker.faults.end(), [&](Fault const& a, Fault const& b) {
    auto const first = position_of(a), second = position_of(b);
    return std::tie(first.line, first.position) < std::tie(second.line, second.position);
  });
  ApiError error{.status = 400, .message = "Request is invalid and/or missing fields.", .inner = {"RequestInvalid"}};
  for (auto const& fault : checker.faults) {
    auto const at = position_of(fault);
    error.details.emplace_back("RequestInvalid", fault.message + ", line " + std::to_string(at.line) + ", position " +
                                                     std::to_string(at.position) + ".");
  }
  throw error;
}

}  // namespace azureml::engine::routes
