#include "engine/runner/tree_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
constexpr std::uint32_t kMask = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr std::size_t kWatchesMax = 4096;
constexpr int kDepthMax = 64;

}  // namespace

TreeWatch::TreeWatch() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) { incomplete_ = !fd_; }

void TreeWatch::add(fs::path const& root, Changed changed, bool recursive) {
  auto const tree = next_tree_++;
  trees_[tree] = {root, std::move(changed), recursive};
  add_directory(tree, {}, true, 0);
}

void TreeWatch::add_directory(std::size_t tree, fs::path const& relative, bool tell, int depth) {
  auto const& [root, changed, recursive] = trees_.at(tree);
  auto const directory = relative.empty() ? root : root / relative;
  int const watch = watches_.size() < kWatchesMax ? ::inotify_add_watch(fd_.get(), directory.c_str(), kMask) : -1;
  if (watch < 0) {
    incomplete_ = incomplete_ || (errno != ENOENT && errno != ENOTDIR);
    if (errno == ENOENT || errno == ENOTDIR) return;
  } else {
    watches_[watch] = {tree, relative};
  }
  // What was there before the watch would never be told.
  std::error_code error;
  for (auto const& entry : fs::directory_iterator(directory, error)) {
    auto const name = relative / entry.path().filename();
    if (fs::is_directory(entry.symlink_status(error))) {
      if (recursive && depth < kDepthMax) add_directory(tree, name, tell, depth + 1);
    } else if (tell) {
      changed(name, false);
    }
  }
}

void TreeWatch::handle() {
  alignas(inotify_event) char block[16 * 1024];
  for (int round = 0; round < 64; ++round) {
    auto const count = ::read(fd_.get(), block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    for (char const* at = block; at < block + count;) {
      auto const* event = reinterpret_cast<inotify_event const*>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) incomplete_ = true;
      auto const found = watches_.find(event->wd);
      if (found == watches_.end()) continue;
      if ((event->mask & IN_IGNORED) != 0) {
        watches_.erase(found);
        continue;
      }
      if (event->len == 0) continue;
      auto const tree = found->second.tree;
      auto const name = found->second.relative / event->name;
      if ((event->mask & IN_ISDIR) != 0) {
        if (trees_.at(tree).recursive && (event->mask & (IN_CREATE | IN_MOVED_TO)) != 0)
          add_directory(tree, name, true, static_cast<int>(std::distance(name.begin(), name.end())));
      } else {
        trees_.at(tree).changed(name, (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0);
      }
    }
  }
}

void TreeWatch::remove(fs::path const& root) {
  for (auto watch = watches_.begin(); watch != watches_.end();) {
    if (trees_.at(watch->second.tree).root == root) {
      ::inotify_rm_watch(fd_.get(), watch->first);
      watch = watches_.erase(watch);
    } else {
      ++watch;
    }
  }
  std::erase_if(trees_, [&](auto const& tree) { return tree.second.root == root; });
}

}  // namespace azureml::engine::runner
