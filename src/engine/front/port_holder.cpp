#include "base/unique_fd.hpp"
#include "engine/front/lifecycle.hpp"

#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unordered_set>

namespace azureml::engine::front {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSocketsMax = 100'000;
constexpr std::size_t kProcessesMax = 100'000;
constexpr std::size_t kDescriptorsMax = 65'536;

/// The inodes of the sockets that listen on the port, on any address a connection to 127.0.0.1 would find.
std::unordered_set<std::string> listening_inodes(std::uint16_t port) {
  std::unordered_set<std::string> inodes;
  char suffix[8];
  (void)std::snprintf(suffix, sizeof suffix, ":%04X", static_cast<unsigned>(port));
  for (auto const* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file{table};
    std::string line;
    std::getline(file, line);
    for (std::size_t i = 0; i < kSocketsMax && std::getline(file, line); ++i) {
      std::istringstream words{line};
      std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
      constexpr auto kListening = "0A";
      if (state == kListening && local.ends_with(suffix)) inodes.insert("socket:[" + inode + "]");
    }
  }
  return inodes;
}

bool holds_one_of(fs::path const& process, std::unordered_set<std::string> const& inodes) {
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator at{process / "fd", error}, end; !error && at != end && count < kDescriptorsMax;
       at.increment(error), ++count) {
    std::error_code unreadable;
    if (inodes.contains(fs::read_symlink(at->path(), unreadable).string())) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> port_holder(std::uint16_t port) {
  auto const inodes = listening_inodes(port);
  if (inodes.empty()) return std::nullopt;
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator at{"/proc", error}, end; !error && at != end && count < kProcessesMax;
       at.increment(error), ++count) {
    auto const pid = at->path().filename().string();
    if (pid.empty() || std::isdigit(static_cast<unsigned char>(pid.front())) == 0 || !holds_one_of(at->path(), inodes))
      continue;
    std::string name;
    try {
      name = base::read_small_file(at->path() / "comm", 256);
    } catch (std::exception const&) {
      // It has ended meanwhile; the pid still says something.
    }
    while (!name.empty() && name.back() == '\n') name.pop_back();
    return "pid " + pid + " (" + name + ")";
  }
  return std::nullopt;
}

}  // namespace azureml::engine::front
