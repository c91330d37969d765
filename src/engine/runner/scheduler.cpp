#include "engine/runner/scheduler.hpp"

#include <algorithm>
#include <iterator>

namespace azureml::engine::runner {

Scheduler::Scheduler(Capacity capacity) : capacity_(std::move(capacity)) {}

bool Scheduler::add(std::string const& run_id, Resources const& wanted) {
  if (running_.contains(run_id) || !tickets_.try_emplace(run_id, next_ticket_).second) return false;
  waiting_.emplace_hint(waiting_.end(), next_ticket_++,
                        Waiting{.run_id = run_id, .wanted = wanted, .alone = !reason_to_run_alone(wanted, capacity_).empty()});
  return true;
}

bool Scheduler::remove(std::string const& run_id) {
  auto const found = tickets_.find(run_id);
  if (found == tickets_.end()) return false;
  waiting_.erase(found->second);
  tickets_.erase(found);
  return true;
}

void Scheduler::occupy(std::string const& run_id, Grant grant) { running_[run_id] = std::move(grant); }

void Scheduler::release(std::string const& run_id) { running_.erase(run_id); }

/// Nothing when no run can start, whatever it asks for: every run takes a cpu.
std::optional<Scheduler::Free> Scheduler::free() const {
  std::uint64_t cpus = 0, memory = 0;
  Free result{.gpus = capacity_.gpus, .all = running_.empty()};
  for (auto const& [run_id, grant] : running_) {
    if (grant.alone) return std::nullopt;
    cpus += grant.taken.cpus;
    memory += grant.taken.memory;
    for (auto const& gpu : grant.gpus) std::erase(result.gpus, gpu);
  }
  if (cpus >= capacity_.cpus) return std::nullopt;
  result.cpus = capacity_.cpus - static_cast<unsigned>(cpus);
  result.memory = capacity_.memory > memory ? capacity_.memory - memory : 0;
  return result;
}

Scheduler::Kinds Scheduler::lacks(Waiting const& run, Free const& free) const {
  if (run.alone) return {.cpus = !free.all, .gpus = run.wanted.gpus > free.gpus.size()};
  return {.cpus = run.wanted.cpus > free.cpus,
          .gpus = run.wanted.gpus > free.gpus.size(),
          .memory = capacity_.memory > 0 && run.wanted.memory > free.memory};
}

bool Scheduler::takes(Waiting const& run, Kinds const& kinds) {
  return kinds.cpus || (kinds.gpus && run.wanted.gpus > 0) || (kinds.memory && run.wanted.memory > 0);
}

std::optional<Scheduler::Start> Scheduler::next() {
  if (waiting_.empty()) return std::nullopt;
  auto const left = free();
  if (!left) return std::nullopt;
  Kinds kept;  // for those that have been passed often enough
  std::size_t looked = 0;
  for (auto at = waiting_.begin(); at != waiting_.end() && looked < kLookedAtMax; ++at, ++looked) {
    auto const lacking = lacks(at->second, *left);
    if (!lacking.cpus && !lacking.gpus && !lacking.memory) {
      if (takes(at->second, kept)) continue;
      for (auto before = waiting_.begin(); before != at; ++before)
        if (takes(at->second, lacks(before->second, *left))) ++before->second.passes;
      return start(at, *left);
    }
    if (at->second.passes < kPassesMax) continue;
    kept.cpus |= lacking.cpus;
    kept.gpus |= lacking.gpus;
    kept.memory |= lacking.memory;
    if (kept.cpus) return std::nullopt;
  }
  return std::nullopt;
}

Scheduler::Start Scheduler::start(std::map<std::uint64_t, Waiting>::iterator at, Free const& free) {
  auto const& run = at->second;
  Start result{.run_id = run.run_id, .grant = {.taken = run.wanted, .alone = run.alone}, .warning = reason_to_run_alone(run.wanted, capacity_)};
  result.grant.taken.cpus = std::min(run.wanted.cpus, capacity_.cpus);
  if (capacity_.memory > 0) result.grant.taken.memory = std::min(run.wanted.memory, capacity_.memory);
  result.grant.gpus.assign(free.gpus.begin(), free.gpus.begin() + std::min<std::ptrdiff_t>(run.wanted.gpus, std::ssize(free.gpus)));
  running_[result.run_id] = result.grant;
  tickets_.erase(result.run_id);
  waiting_.erase(at);
  return result;
}

std::size_t Scheduler::place(std::string const& run_id) const {
  auto const found = tickets_.find(run_id);
  if (found == tickets_.end()) return 0;
  return static_cast<std::size_t>(std::distance(waiting_.begin(), waiting_.find(found->second))) + 1;
}

std::vector<std::string> Scheduler::first(std::size_t count) const {
  std::vector<std::string> result;
  for (auto const& [ticket, run] : waiting_) {
    if (result.size() == count) break;
    result.push_back(run.run_id);
  }
  return result;
}

}  // namespace azureml::engine::runner
