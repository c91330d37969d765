#include "engine/store/store.hpp"

#include "engine/store/schema.hpp"
#include "engine/store/store_state.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace azureml::engine::store {

using nlohmann::json;

std::int64_t to_number(TimePoint time) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

TimePoint to_time(std::int64_t number) noexcept {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(number)));
}

std::string to_text(StringMap const& map) { return json(map).dump(-1, ' ', false, json::error_handler_t::replace); }
std::string to_text(std::vector<std::string> const& list) { return json(list).dump(-1, ' ', false, json::error_handler_t::replace); }
StringMap to_map(std::string const& text) { return json::parse(text).get<StringMap>(); }
std::vector<std::string> to_list(std::string const& text) { return json::parse(text).get<std::vector<std::string>>(); }

Store::Store(std::filesystem::path const& database) : state_(std::make_unique<State>(database)) {
  auto& db = state_->database;
  // Before anything is written: a store of a newer version keeps every byte.
  migrate(db);
  // SQLite gives its log files the mode of the database.
  if (::chmod(database.c_str(), 0600) != 0) {
    throw std::runtime_error("cannot keep the store '" + database.string() + "' from other users: " + std::generic_category().message(errno) +
                             "; see that it is yours");
  }
  (void)db.pragma("journal_mode = WAL");
  db.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
}

Store::~Store() = default;

}  // namespace azureml::engine::store
