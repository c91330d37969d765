#pragma once
#include "base/unique_fd.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

/// The entry of every target, as libFuzzer calls it.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace azureml::fuzz {

/// A rule that must hold for any input does not: the fuzzer, and the corpus runner, see a crash.
[[noreturn]] inline void violated(char const* rule) {
  std::fprintf(stderr, "violated: %s\n", rule);
  std::abort();
}
inline void require(bool holds, char const* rule) {
  if (!holds) violated(rule);
}

inline std::string_view as_text(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};  // libFuzzer may give a null pointer with size 0, which a view allows
}

/// Takes one line, without its end, off the front.
inline std::string_view take_line(std::string_view& rest) {
  auto const end = rest.find('\n');
  auto const line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

/// Takes one byte off the front; 0 at the end.
inline unsigned char take_byte(std::string_view& rest) {
  if (rest.empty()) return 0;
  auto const byte = static_cast<unsigned char>(rest.front());
  rest.remove_prefix(1);
  return byte;
}

/// A file without a disk.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) { require(static_cast<bool>(fd_), "memfd_create works"); }
  void append(std::string_view text) { base::write_all(fd_.get(), text, "memory"); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  base::UniqueFd fd_;
};

}  // namespace azureml::fuzz
