#include "engine/routes/staging.hpp"

#include "base/digest.hpp"
#include "base/uuid.hpp"
#include "engine/routes/exchange.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/stat.h>

namespace azureml::engine::routes {
namespace {

/// The database and the logs of runs live on the same disk.
constexpr std::uintmax_t kRoomKept = std::uintmax_t{64} << 20;

std::vector<std::filesystem::path> entries_of(std::filesystem::path const& directory) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator it{directory, error}, end; !error && it != end; it.increment(error))
    entries.push_back(it->path());
  return entries;
}

std::chrono::system_clock::time_point changed(std::filesystem::path const& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::chrono::system_clock::time_point::max();
  return std::chrono::system_clock::time_point(std::chrono::seconds(status.st_mtim.tv_sec));
}

/// Empty when the system does not tell; blocks then do not outlive the engine.
std::string system_start() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  auto const is_plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; };
  return std::all_of(id.begin(), id.end(), is_plain) ? id : std::string{};
}

std::filesystem::path blocks_directory(store::Home const& home) {
  return staging_directory(home) / ("blocks-" + system_start());
}

}  // namespace

std::filesystem::path staging_directory(store::Home const& home) {
  return home.blobs() / ".staging";
}

std::filesystem::path block_directory(store::Home const& home, std::string const& container, std::string const& name) {
  return blocks_directory(home) / base::sha256_hex(container + "/" + name);
}

std::filesystem::path trash_name(store::Home const& home) {
  return staging_directory(home) / ("trash-" + base::random_hex(16));
}

void clean_staging(store::Home const& home, std::chrono::system_clock::time_point now) noexcept {
  try {
    auto const start = system_start();
    for (auto const& entry : entries_of(staging_directory(home))) {
      auto const name = entry.filename().string();
      std::error_code ignored;
      bool const is_lost = name.starts_with("blocks") && (start.empty() || name != "blocks-" + start);
      if (is_lost || name.starts_with("upload-") || name.starts_with("trash-"))
        std::filesystem::remove_all(entry, ignored);
    }
    remove_old_blocks(home, now);
  } catch (std::exception const&) {
    // Without memory there are other worries.
  }
}

void remove_old_blocks(store::Home const& home, std::chrono::system_clock::time_point now) noexcept {
  try {
    for (auto const& entry : entries_of(blocks_directory(home))) {
      // The folder changes with each block that comes.
      if (changed(entry) > now - kBlocksKept) continue;
      auto const trash = trash_name(home);
      std::error_code error;
      std::filesystem::rename(entry, trash, error);
      if (!error) std::filesystem::remove_all(trash, error);
    }
  } catch (std::exception const&) {
  }
}

void check_room(store::Home const& home, std::uint64_t bytes) {
  std::error_code error;
  auto const space = std::filesystem::space(home.root, error);
  if (error || (space.available >= kRoomKept && space.available - kRoomKept >= bytes)) return;
  throw ApiError{.status = 507,
                 .code = "InsufficientStorage",
                 .message = "The engine cannot store " + std::to_string(bytes) + " bytes: the disk of its home has " +
                            std::to_string(space.available >> 20) + " MiB left. Make room and send them again."};
}

}  // namespace azureml::engine::routes
