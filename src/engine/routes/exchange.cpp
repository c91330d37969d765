#include "engine/routes/exchange.hpp"

namespace azureml::engine::routes {

std::string Request::query_value(std::string_view name, std::string_view fallback) const {
  for (auto const& [key, value] : query) {
    if (base::equal_ignoring_case(key, name)) return value;
  }
  return std::string(fallback);
}

std::string Request::header(std::string_view name) const {
  auto const found = headers.find(name);
  return found == headers.end() ? std::string{} : found->second;
}

}  // namespace azureml::engine::routes
