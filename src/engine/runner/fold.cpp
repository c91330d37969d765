#include "engine/runner/fold.hpp"

#include "base/time.hpp"

#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

using nlohmann::json;

template <class T>
T value_or(json const& object, char const* name, T otherwise) {
  auto const found = object.find(name);
  if (found == object.end() || found->is_null()) return otherwise;
  try {
    return found->get<T>();
  } catch (json::exception const&) {
    return otherwise;
  }
}

}  // namespace

std::optional<store::JobChange> fold(JournalRecord const& record) {
  auto const members = json::parse(record.text, nullptr, false);
  if (!members.is_object()) return std::nullopt;
  auto const time = base::from_iso8601(record.time);
  store::JobChange change;
  if (record.event == "spawned") {
    change.status = "Preparing";
    change.status_detail = "";
  } else if (record.event == "launched") {
    change.status = "Running";
    change.status_detail = "";
    change.started = time;
  } else if (record.event == "exited") {
    change.status = "Finalizing";
  } else if (record.event == "preparing" || record.event == "finalizing") {
    change.status_detail = value_or<std::string>(members, "detail", "");
  } else if (record.event == "stored" || record.event == "registered") {
    // What they tell of data is folded apart; the job only remembers that it has been.
  } else if (record.event == "ended") {
    change.status = value_or<std::string>(members, "status", "Failed");
    if (!store::is_terminal(*change.status)) change.status = "Failed";
    change.status_detail = "";
    change.ended = time;
    if (auto const error = members.find("error"); error != members.end() && error->is_object()) change.error = error->dump();
    change.add_warnings = value_or<std::vector<std::string>>(members, "warnings", {});
  } else {
    return std::nullopt;
  }
  return change;
}

void RunProcesses::take(JournalRecord const& record) {
  any_record = true;
  auto const members = json::parse(record.text, nullptr, false);
  if (!members.is_object()) return;
  if (record.event == "spawned") {
    supervisor = value_or(members, "pid", 0);
    supervisor_start_time = value_or<std::uint64_t>(members, "start_time", 0);
    boot_id = value_or<std::string>(members, "boot_id", "");
  } else if (record.event == "launched") {
    group = value_or(members, "pgid", 0);
    group_start_time = value_or<std::uint64_t>(members, "start_time", 0);
  } else if (record.event == "ended") {
    ended = true;
  }
}

}  // namespace azureml::engine::runner
