#pragma once
#include <azureml/snapshot.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace azureml::cli {

/// A name from a folder on one line of a terminal: control characters, marks that turn the direction of writing and bytes
/// that are no UTF-8 are shown as `\xNN`.
std::string name_text(std::string_view name);

/// The plan for people: totals, the heaviest, files, and what is left out with the rule that did it.
/// @param lines_max of each part; what is beyond is counted
std::string plan_text(SnapshotPlan const& plan, std::size_t lines_max);

}  // namespace azureml::cli
