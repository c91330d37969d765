#pragma once
#include "snapshot/snapshot.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::snapshot {

enum class WeighedBy { bytes, files };

/// The heaviest folders and files of a plan, none within another of the list, heaviest first. A folder that owes nearly
/// all of its weight to one thing in it is not named: that thing is.
std::vector<SnapshotWeight> heaviest(Plan const& plan, std::size_t count, WeighedBy by, IgnoreRules syntax);

/// The line of an ignore file in the root that leaves out just this path, file or folder.
std::string ignore_line(std::string_view path, IgnoreRules syntax);

/// Adds the warnings of the limits to the plan. @throws ValidationError when more than the most is in it
void check_limits(Plan& plan, SnapshotOptions const& options);

/// `1.2 GiB`.
std::string size_text(std::uint64_t bytes);

}  // namespace azureml::snapshot
