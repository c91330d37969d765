#include "snapshot/snapshot.hpp"

namespace azureml::snapshot {

Excluded const* find_exclusion(Plan const& plan, std::string const& path) {
  for (auto const& excluded : plan.excluded) {
    std::string_view const left_out = excluded.path;
    bool const is_folder = left_out.ends_with('/');
    if (path == left_out ||
        (is_folder && (path.starts_with(left_out) || path == left_out.substr(0, left_out.size() - 1))))
      return &excluded;
  }
  return nullptr;
}

}  // namespace azureml::snapshot
