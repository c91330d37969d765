#pragma once
// The strict reading of request bodies: which members an object may have, and of which kind they are. Tables, not code.
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace azureml::engine::routes {

struct ObjectType;

enum class MemberKind { any, text, integer, boolean, text_map, text_list, object, object_map };

struct Member {
  std::string_view name{};
  MemberKind kind = MemberKind::any;
  ObjectType const* type = nullptr;  ///< Of `object` and of each value of `object_map`.
};

/// An object of the wire. With a discriminator its members are those of the variant named by that member's value.
struct ObjectType {
  std::string_view name{};
  std::vector<Member> members{};
  std::string_view discriminator{};
  std::vector<std::pair<std::string_view, ObjectType const*>> variants{};  ///< Values are compared without regard to case.
};

/// Checks a body against its type; null stands for an absent member everywhere.
/// @throws ApiError 400 as the service words it, with one detail for each fault, in the order of the text
void check_members(std::string const& text, nlohmann::json const& body, ObjectType const& type);

/// Where each member's name ends in a JSON text that is known to be valid: line and position as the service counts them.
struct TextPosition {
  int line = 1, position = 0;
};
/// Keys are the names on the way to the member, each behind a '\x1f'; elements of arrays have their index as name.
std::map<std::string, TextPosition> member_positions(std::string_view text);

/// Names of a few body types.
ObjectType const& job_resource_type();
ObjectType const& code_version_type();
ObjectType const& environment_version_type();
ObjectType const& create_run_type();
ObjectType const& datastore_type();
ObjectType const& datastore_secret_expiry_type();
ObjectType const& data_version_type();

}  // namespace azureml::engine::routes
