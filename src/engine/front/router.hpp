#pragma once
#include "engine/front/operation.hpp"
#include "engine/front/target.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::front {

/// What the table says about a request.
struct Match {
  Operation const* operation = nullptr;  ///< None: `allowed` methods, if any, are those the path has.
  std::map<std::string, std::string> parameters{};
  std::vector<std::string> allowed{};
};

/// The routing table, compiled. Literal segments win over captures, captures over the rest of a path. Immutable,
/// thread-safe.
class Router {
 public:
  /// Routes of the blob plane are found only under the storage account's name. @throws std::invalid_argument for a bad
  /// pattern
  Router(std::vector<Operation> operations, std::string storage_account);
  ~Router();

  /// A HEAD is answered by its own entry, else by that of GET.
  [[nodiscard]] Match match(std::string_view method, Target const& target) const;

 private:
  struct Compiled;
  [[nodiscard]] bool is_blob_path(Target const& target) const;

  std::vector<std::unique_ptr<Compiled>> table_;
  std::string storage_account_;
};

/// The checks of the resource manager's front door, for a path that holds a scope: unknown subscription, resource
/// group, workspace.
/// @throws routes::ApiError 404 as the service words it
void check_scope(Target const& target);
/// What is said to a path or method the table has not: 405, 501 for an operation of the service that this engine lacks,
/// else 404.
[[noreturn]] void refuse_unmatched(std::string_view method, Target const& target, Match const& match);

}  // namespace azureml::engine::front
