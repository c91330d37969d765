#include "engine/runner/mounts.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace azureml::engine::runner {
namespace {

constexpr std::array<std::pair<unsigned long, unsigned long>, 6> kKeptFlags{{{ST_NOSUID, MS_NOSUID},
                                                                             {ST_NODEV, MS_NODEV},
                                                                             {ST_NOEXEC, MS_NOEXEC},
                                                                             {ST_NOATIME, MS_NOATIME},
                                                                             {ST_NODIRATIME, MS_NODIRATIME},
                                                                             {ST_RELATIME, MS_RELATIME}}};

unsigned long flags_of(std::string const& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return 0;
  unsigned long flags = 0;
  for (auto const& [seen, kept] : kKeptFlags)
    if ((info.f_flag & seen) != 0) flags |= kept;
  return flags;
}

/// Async-signal-safe; 0 or an errno.
int write_file(char const* path, std::string_view text) noexcept {
  int const fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int const error = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : errno;
  ::close(fd);
  return error;
}

bool is_read_only(std::string const& path) noexcept {
  struct statvfs info {};
  return ::statvfs(path.c_str(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
}

/// What a child finds that enters the mounts.
bool works(std::vector<ReadOnlyMount> const& mounts, MountWay way) {
  MountPlan const plan(mounts, way);
  pid_t const parent = ::getpid();
  pid_t const child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent || plan.enter() != 0) ::_exit(1);
    for (auto const& mount : mounts)
      if (!is_read_only(mount.target)) ::_exit(1);
    ::_exit(0);
  }
  int status = -1;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return child > 0 && status == 0;
}

}  // namespace

MountPlan::MountPlan(std::vector<ReadOnlyMount> const& mounts, MountWay way)
    : way_(mounts.empty() ? MountWay::none : way) {
  for (auto const& mount : mounts) steps_.push_back({mount.source, mount.target, flags_of(mount.source)});
  auto const user = std::to_string(::geteuid()), group = std::to_string(::getegid());
  user_map_ = user + " " + user + " 1";
  group_map_ = group + " " + group + " 1";
}

int MountPlan::enter() const noexcept {
  if (way_ == MountWay::none) return 0;
  bool const own_users = way_ == MountWay::user_namespace;
  if (::unshare(CLONE_NEWNS | (own_users ? CLONE_NEWUSER : 0)) != 0) return errno;
  if (own_users) {
    // The kernel wants it so from whoever is not privileged outside.
    if (int const error = write_file("/proc/self/uid_map", user_map_); error != 0) return error;
    if (int const error = write_file("/proc/self/setgroups", "deny"); error != 0) return error;
    if (int const error = write_file("/proc/self/gid_map", group_map_); error != 0) return error;
  }
  // What is mounted from now on in here is seen nowhere else; what others mount and unmount is seen here too.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return errno;
  for (auto const& step : steps_) {
    if (::mount(step.source.c_str(), step.target.c_str(), nullptr, MS_BIND, nullptr) != 0) return errno;
    if (::mount(nullptr, step.target.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | step.flags, nullptr) != 0)
      return errno;
  }
  return 0;
}

MountWay find_mount_way(std::vector<ReadOnlyMount> const& mounts, std::vector<MountWay> const& ways) {
  if (mounts.empty()) return MountWay::none;
  for (auto const way : ways)
    if (way != MountWay::none && works(mounts, way)) return way;
  return MountWay::none;
}

}  // namespace azureml::engine::runner
