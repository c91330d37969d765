#pragma once
#include "engine/runner/resources.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace azureml::engine::runner {

/// What a run has been given.
struct Grant {
  Resources taken{};
  std::vector<std::string> gpus{};  ///< Names; none of them is another run's.
  bool alone = false;               ///< Nothing else runs beside it.
};

/// Who runs next. No clock, no I/O, no thread of its own: one lock around it makes it safe.
///
/// Runs wait in the order of their coming. One that does not fit lets others behind it pass that do; but at most `kPassesMax` may pass it that
/// take something of what it lacks. From then on what it lacks is kept for it, so it starts when those that run by then have ended.
class Scheduler {
 public:
  struct Start {
    std::string run_id{};
    Grant grant{};
    std::string warning{};  ///< What its owner should know, if anything.
  };
  static constexpr unsigned kPassesMax = 8;
  static constexpr std::size_t kLookedAtMax = 256;  ///< So many of those who wait are considered for a start.

  explicit Scheduler(Capacity capacity);
  [[nodiscard]] Capacity const& capacity() const noexcept { return capacity_; }
  /// At the end of the queue. @returns false when it waits or runs already
  bool add(std::string const& run_id, Resources const& wanted);
  bool remove(std::string const& run_id);  ///< From the queue. @returns whether it was there
  void occupy(std::string const& run_id, Grant grant);  ///< It runs already, with what an earlier engine gave it.
  void release(std::string const& run_id);              ///< Its part is free; nothing happens when it has none.
  /// The next run that may start. It is no longer in the queue, and its part is taken until `release`.
  std::optional<Start> next();
  [[nodiscard]] bool waits(std::string const& run_id) const { return tickets_.contains(run_id); }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] std::size_t place(std::string const& run_id) const;  ///< From 1; 0: it does not wait. Costs the length of the queue.
  [[nodiscard]] std::vector<std::string> first(std::size_t count) const;

 private:
  struct Waiting {
    std::string run_id{};
    Resources wanted{};
    unsigned passes = 0;
    bool alone = false;
  };
  struct Kinds {
    bool cpus = false, gpus = false, memory = false;
  };
  struct Free {
    unsigned cpus = 0;
    std::uint64_t memory = 0;
    std::vector<std::string> gpus{};
    bool all = false;  ///< Nothing runs.
  };
  [[nodiscard]] std::optional<Free> free() const;
  [[nodiscard]] Kinds lacks(Waiting const& run, Free const& free) const;
  static bool takes(Waiting const& run, Kinds const& kinds);
  Start start(std::map<std::uint64_t, Waiting>::iterator at, Free const& free);

  Capacity capacity_;
  std::map<std::uint64_t, Waiting> waiting_{};  ///< By ticket.
  std::unordered_map<std::string, std::uint64_t> tickets_{};
  std::uint64_t next_ticket_ = 1;
  std::map<std::string, Grant> running_{};
};

}  // namespace azureml::engine::runner
