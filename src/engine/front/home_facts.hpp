#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace azureml::engine::front {

/// What the system says about a home, without opening or making it.
struct HomeFacts {
  std::filesystem::path path{};
  bool exists = false, is_directory = false, is_empty = false, is_writable = false;
  uid_t owner = 0;
  mode_t mode = 0;             ///< Permission bits.
  std::string network{};       ///< Name of the network file system it is, or would be, on; empty for a local one.
  std::uint64_t free_bytes = 0;  ///< For unprivileged users, where it is or would be.
};

/// @throws std::system_error when not even the root directory can be looked at
HomeFacts look_at_home(std::filesystem::path const& home);

}  // namespace azureml::engine::front
