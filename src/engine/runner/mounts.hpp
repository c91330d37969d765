#pragma once
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// A folder or file that a process is to see at another place, without being able to change it. Both exist, and are of
/// one kind.
struct ReadOnlyMount {
  std::string source{}, target{};
};

/// How a process may be given mounts that nobody else sees.
enum class MountWay {
  none,            ///< Not at all.
  privileged,      ///< A mount namespace of its own.
  user_namespace,  ///< The same within a user namespace, in which the process keeps its own user and group.
};

/// What a child does before it becomes the program, prepared before the fork: no step needs memory or a lock.
class MountPlan {
 public:
  MountPlan() = default;
  MountPlan(std::vector<ReadOnlyMount> const& mounts, MountWay way);
  /// Leaves the namespace of the caller's process (which must have one thread) for one that has the mounts. They end
  /// with the last process in it, whoever ends that. Async-signal-safe. @returns 0 or an errno
  [[nodiscard]] int enter() const noexcept;

 private:
  struct Step {
    std::string source{}, target{};
    unsigned long flags = 0;  ///< That the mount has already, and in a user namespace must keep.
  };
  MountWay way_ = MountWay::none;
  std::vector<Step> steps_{};
  std::string user_map_{}, group_map_{};
};

/// The first way by which all of them can be mounted and are read-only then, found out by a child that tries it. `none`
/// for no mounts. Costs a fork for each way. @param ways in the order in which they are tried
MountWay find_mount_way(std::vector<ReadOnlyMount> const& mounts,
                        std::vector<MountWay> const& ways = {MountWay::privileged, MountWay::user_namespace});

}  // namespace azureml::engine::runner
