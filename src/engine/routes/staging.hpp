#pragma once
// Where blobs lie while they come in: files of uploads under way, blocks that wait for their list, and what is to be
// thrown away.
#include "engine/store/home.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace azureml::engine::routes {

/// Blocks that no list named for so long are thrown away, as on the service.
inline constexpr std::chrono::hours kBlocksKept{24 * 7};

/// No container can have this name.
std::filesystem::path staging_directory(store::Home const& home);
/// Of one blob's blocks, since the system was started: a block is not waited for until it is on the disk, so that what
/// a power cut leaves of it may be anything, and what was there before is never looked at.
std::filesystem::path block_directory(store::Home const& home, std::string const& container, std::string const& name);
/// A new name in the staging area for what is to be thrown away; `clean_staging` finds it.
std::filesystem::path trash_name(store::Home const& home);

/// Removes what a killed engine has left: unfinished uploads, trash, old blocks and those from before the
/// system was started. Before any upload begins. Never throws; what cannot be removed stays.
void clean_staging(store::Home const& home, std::chrono::system_clock::time_point now) noexcept;
/// Removes blocks that are older than `kBlocksKept`. May run beside uploads.
void remove_old_blocks(store::Home const& home, std::chrono::system_clock::time_point now) noexcept;

/// @throws ApiError 507 when that many bytes more would not leave a little of the disk free
void check_room(store::Home const& home, std::uint64_t bytes);

}  // namespace azureml::engine::routes
