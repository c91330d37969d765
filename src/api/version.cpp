#include <azureml/version.hpp>

namespace azureml {

std::string_view version() noexcept { return "0.1.0"; }

}  // namespace azureml
