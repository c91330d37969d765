#pragma once
#include "engine/store/sqlite.hpp"
#include "engine/store/store.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace azureml::engine::store {

struct Store::State {
  explicit State(std::filesystem::path const& file) : database(file) {}
  Database database;
};

inline constexpr std::size_t kPageMax = 5'000;

inline std::size_t page_size(std::size_t asked) noexcept { return std::clamp<std::size_t>(asked, 1, kPageMax); }

std::int64_t to_number(TimePoint time) noexcept;
TimePoint to_time(std::int64_t number) noexcept;
std::string to_text(StringMap const& map);
std::string to_text(std::vector<std::string> const& list);
StringMap to_map(std::string const& text);
std::vector<std::string> to_list(std::string const& text);

}  // namespace azureml::engine::store
