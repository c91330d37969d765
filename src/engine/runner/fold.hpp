#pragma once
#include "engine/runner/journal.hpp"
#include "engine/store/store.hpp"

#include <optional>

namespace azureml::engine::runner {

/// What a journal record changes in its run; nothing when it changes nothing that is shown.
std::optional<store::JobChange> fold(JournalRecord const& record);

/// What the records tell about the processes of a run; what is needed to end them when their supervisor is gone.
struct RunProcesses {
  bool any_record = false, ended = false;
  int supervisor = 0, group = 0;
  std::uint64_t supervisor_start_time = 0, group_start_time = 0;
  std::string boot_id{};
  void take(JournalRecord const& record);
};

}  // namespace azureml::engine::runner
