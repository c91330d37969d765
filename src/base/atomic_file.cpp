#include "base/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace azureml::base {

AtomicFile::AtomicFile(std::filesystem::path target, unsigned mode) : target_(std::move(target)) {
  auto name = (target_.parent_path() / ("." + target_.filename().string().substr(0, 200) + ".tmp-XXXXXX")).string();
  int const fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot create a file beside '" + target_.string() + "'");
  fd_ = UniqueFd(fd);
  temporary_ = name;
  if (::fchmod(fd, mode) != 0) {
    auto const error = errno;
    ::unlink(temporary_.c_str());
    throw std::system_error(error, std::generic_category(), "cannot set the mode of '" + temporary_.string() + "'");
  }
}

AtomicFile::~AtomicFile() {
  if (fd_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) { write_all(fd_.get(), bytes, target_.string()); }

bool AtomicFile::commit(bool replace) {
  if (::fsync(fd_.get()) != 0) throw std::system_error(errno, std::generic_category(), "cannot write '" + target_.string() + "'");
  if (replace) {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot put '" + target_.string() + "' in place");
    fd_.reset();
  } else {
    auto const linked = ::link(temporary_.c_str(), target_.c_str());
    auto const error = errno;
    ::unlink(temporary_.c_str());
    fd_.reset();
    if (linked != 0) {
      if (error == EEXIST) return false;
      throw std::system_error(error, std::generic_category(), "cannot put '" + target_.string() + "' in place");
    }
  }
  sync_directory(target_.parent_path());
  return true;
}

void write_file_atomically(std::filesystem::path const& path, std::string_view text, unsigned mode) {
  AtomicFile file(path, mode);
  file.write(text);
  file.commit();
}

void sync_directory(std::filesystem::path const& directory) {
  auto const fd = open_file(directory.empty() ? std::filesystem::path(".") : directory, O_RDONLY | O_DIRECTORY);
  if (::fsync(fd.get()) != 0 && errno != EINVAL)
    throw std::system_error(errno, std::generic_category(), "cannot sync '" + directory.string() + "'");
}

}  // namespace azureml::base
