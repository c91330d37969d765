#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::runner {

/// The name on PyPI of the same project as a conda package; nothing when it is not in the table. Each pair was checked: a name that is
/// merely equal may be a stranger's.
std::optional<std::string_view> pypi_name(std::string_view conda_name);

}  // namespace azureml::engine::runner
