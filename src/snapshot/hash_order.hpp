#pragma once
#include "snapshot/snapshot.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace azureml::snapshot {

/// The indices of `files` in the order of the content hash: by the Unicode lower case of the paths, those equal in it
/// by their bytes. Takes 4 bytes for each file, and the lower case of those whose paths have capital letters beyond
/// ASCII.
std::vector<std::uint32_t> content_order(std::vector<File> const& files);

/// True when `a` comes before `b` in a walk that takes the entries of each folder by the Unicode lower case of their
/// names, those equal in it by their bytes. Two paths with `/` separators, neither a folder of the other.
bool object_before(std::string_view a, std::string_view b);

}  // namespace azureml::snapshot
