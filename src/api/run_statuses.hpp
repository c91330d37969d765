#pragma once
#include "api/states.hpp"

#include <map>
#include <set>
#include <string>

namespace azureml::api {

/// The status words of many runs of one workspace: pages of its newest runs, one request each, until all are found, a
/// page names none of them, or `kStatusPagesMax` are read. Runs that are not in the result have to be asked for one by
/// one.
std::map<std::string, std::string> query_statuses(WorkspaceState const& workspace, std::set<std::string> const& run_ids,
                                                  Context const& context);

inline constexpr int kStatusPagesMax = 4;

}  // namespace azureml::api
