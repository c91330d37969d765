#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace azureml {

/// What a run is called and filed under, as the service has it at the moment of the call. A value; does not change by itself.
struct RunInfo {
  std::string run_id{}, experiment_name{};
  std::string display_name{}, description{};
  std::string type{};                        ///< The service's word: `azureml.scriptrun`, `hyperdrive`, …
  std::optional<std::int64_t> number{};
  std::string parent_run_id{}, root_run_id{};  ///< No parent: empty.
  std::optional<std::chrono::system_clock::time_point> created_utc{};
  bool is_archived = false;
  std::map<std::string, std::string> tags{}, properties{};
};

/// Which runs a list shows by whether they are archived.
enum class RunView { active_only, archived_only, all };

}  // namespace azureml
