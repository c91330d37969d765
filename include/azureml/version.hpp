#pragma once
#include <string_view>

namespace azureml {

inline constexpr int version_major = 0, version_minor = 1, version_patch = 0;
std::string_view version() noexcept;  ///< Of the linked library, "0.1.0"; may differ from the header's.

}  // namespace azureml
