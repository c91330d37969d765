#include "snapshot/cache_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace azureml::snapshot {

namespace {

namespace fs = std::filesystem;

fs::path absolute_variable(char const* name) {
  auto const* const value = std::getenv(name);
  fs::path path = value ? value : "";
  return path.is_absolute() ? path : fs::path{};
}

}  // namespace

fs::path private_directory(fs::path const& directory, logging::Logger const& logger) {
  auto const refuse = [&](std::string const& why) {
    logger.debug("nothing is remembered in '" + directory.string() + "': " + why);
    return fs::path{};
  };
  std::error_code error;
  fs::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return refuse(std::generic_category().message(errno));
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return refuse(std::generic_category().message(errno));
  if (!S_ISDIR(status.st_mode)) return refuse("it is not a directory");
  if (status.st_uid != ::geteuid()) return refuse("it belongs to somebody else");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return refuse("others may write there; take that right away (chmod go-w)");
  return directory;
}

fs::path user_cache_directory(logging::Logger const& logger) {
  auto base = absolute_variable("XDG_CACHE_HOME");
  if (base.empty()) {
    base = absolute_variable("HOME");
    if (base.empty()) {
      logger.debug("nothing is remembered: neither XDG_CACHE_HOME nor HOME names a directory");
      return {};
    }
    base /= ".cache";
  }
  return private_directory(base / "azureml-cpp", logger);
}

}  // namespace azureml::snapshot
