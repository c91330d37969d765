#pragma once
#include <cstdint>

namespace azureml::engine::store {

class Database;

/// Marks the file as a store of this project (`PRAGMA application_id`): the bytes "AzmL".
inline constexpr std::int64_t kApplicationId = 0x417a6d4c;
/// The schema this program reads and writes (`PRAGMA user_version`).
std::int64_t schema_version() noexcept;
/// Brings a new or older store to `schema_version()`, one transaction for each step.
/// @throws std::runtime_error for a store of a newer version and for a file that is something else; both are left untouched
void migrate(Database& database);

}  // namespace azureml::engine::store
