#pragma once
// Runs as the run history keeps them: what they are called and filed under, their lists. One request for each call.
#include "rest/rest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::rest {

struct RunResource {
  std::string run_id{}, status{}, display_name{}, description{};
  std::string type{};  ///< The service's word: `azureml.scriptrun`, `hyperdrive`, …
  std::string parent_run_id{}, root_run_id{};
  std::optional<std::int64_t> number{};
  bool hidden = false;  ///< Archived.
  StringMap tags{}, properties{};
  std::optional<TimePoint> created{};
};

/// Where a run lies; without an experiment it is found by its id alone.
struct RunAddress {
  std::string experiment{}, run_id{};
};

/// `api` is Discovery::api, here and below.
RunResource get_run(Connection const& connection, std::string const& api, RunAddress const& run,
                    Context const& context);

/// Members not set stay as they are; tags and properties are added to those that are there.
struct RunPatch {
  StringMap tags{}, properties{};
  std::optional<std::string> display_name{}, description{};
  std::optional<bool> hidden{};
};
/// `doing` completes "cannot …".
RunResource patch_run(Connection const& connection, std::string const& api, RunAddress const& run,
                      RunPatch const& patch, std::string_view doing, Context const& context);
/// Keys that the run does not have are no error.
void delete_run_tags(Connection const& connection, std::string const& api, RunAddress const& run,
                     std::vector<std::string> const& keys, Context const& context);

/// Which runs a list is of. An empty value of a tag or property means that the run has it.
struct RunFilter {
  StringMap tags{}, properties{};
  std::string status{}, type{};
  bool only_top_level = false;
  std::optional<bool> hidden{};  ///< Never asked of the service: no client is known to.
};
/// The filter's expression as the Python SDK v1 writes it, `(Tags/a eq b) and (Status eq Running)`. What cannot be
/// written so (values have no quotes there) is left out.
std::string filter_text(RunFilter const& filter);
bool matches(RunFilter const& filter, RunResource const& run);

/// Newest first. `continuation` empty: the first page. Only runs that match, whatever the service makes of the filter.
/// @throws NotFoundError when there is no such experiment
Page<RunResource> query_runs(Connection const& connection, std::string const& api, std::string const& experiment,
                             RunFilter const& filter, std::string const& continuation, Context const& context);
Page<RunResource> list_children(Connection const& connection, std::string const& api, std::string const& run_id,
                                RunFilter const& filter, std::string const& continuation, Context const& context);

}  // namespace azureml::rest
