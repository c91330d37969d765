#pragma once
// Names from outside and the files they stand for. Nothing here leaves the directory it is given.
#include "base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::routes {

/// Why a name cannot be a blob or an artifact, as the end of a sentence; empty when it can. Names are relative, of UTF-8 without control
/// characters and backslashes, in segments of at most 255 bytes that are neither empty nor `.` nor `..`, and at most 1,024 bytes long.
std::string name_fault(std::string_view name);
/// 3 to 63 lower-case letters, digits and single hyphens within.
bool is_container_name(std::string_view name) noexcept;

struct OpenedFile {
  std::shared_ptr<base::UniqueFd> file{};
  std::uint64_t size = 0;
  std::chrono::system_clock::time_point modified{};
  std::string etag{};  ///< With quotes; changes with size, time and file.
};
/// Opens a regular file beneath `root`, following no symbolic link on the way; nothing when there is none. `name` has no fault.
std::optional<OpenedFile> open_beneath(std::filesystem::path const& root, std::string const& name);

/// Visits the regular files beneath `root` whose names begin with `prefix` and come after `after`, in byte order of the names, until
/// `visit` returns false. Holds one directory of each level at a time; links are neither followed nor visited.
void walk_files(std::filesystem::path const& root, std::string const& prefix, std::string const& after,
                std::function<bool(std::string const& name)> const& visit);

}  // namespace azureml::engine::routes
