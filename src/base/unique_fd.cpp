#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace azureml::base {

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

UniqueFd open_file(std::filesystem::path const& path, int flags, unsigned mode) {
  int fd = -1;
  do fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot open '" + path.string() + "'");
  return UniqueFd(fd);
}

void write_all(int fd, std::string_view bytes, std::string const& what) {
  while (!bytes.empty()) {
    auto const written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "cannot write '" + what + "'");
    }
    if (written == 0) throw std::system_error(EIO, std::generic_category(), "cannot write '" + what + "'");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_small_file(std::filesystem::path const& path, std::size_t limit) {
  auto const fd = open_file(path, O_RDONLY);
  std::string text;
  char buffer[16384];
  for (;;) {
    auto const got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "cannot read '" + path.string() + "'");
    }
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limit) throw std::length_error("'" + path.string() + "' is larger than " + std::to_string(limit) + " bytes");
  }
}

}  // namespace azureml::base
