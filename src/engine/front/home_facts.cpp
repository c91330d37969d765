#include "engine/front/home_facts.hpp"

#include "engine/store/home.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace azureml::engine::front {

HomeFacts look_at_home(std::filesystem::path const& home) {
  HomeFacts facts{.path = home};
  struct ::stat state {};
  if (::stat(home.c_str(), &state) == 0) {
    facts.exists = true;
    facts.is_directory = S_ISDIR(state.st_mode);
    facts.owner = state.st_uid;
    facts.mode = state.st_mode & 07777;
    std::error_code ignored;
    facts.is_empty = facts.is_directory && std::filesystem::is_empty(home, ignored);
  }
  auto nearest = home;
  while (nearest.has_relative_path() && ::stat(nearest.c_str(), &state) != 0) nearest = nearest.parent_path();
  facts.is_writable = ::access(nearest.c_str(), W_OK | X_OK) == 0;
  facts.network = store::network_file_system(store::file_system_of(nearest)).value_or("");
  struct ::statvfs space {};
  if (::statvfs(nearest.c_str(), &space) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot look at the file system of '" + nearest.string() + "'");
  facts.free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  return facts;
}

}  // namespace azureml::engine::front
