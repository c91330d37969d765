#include "core/entry_script.hpp"

#include "base/encoding.hpp"
#include "core/compute_path.hpp"

#include <algorithm>

namespace azureml::core {

EntryKind entry_kind(std::string_view path) noexcept {
  if (path.ends_with(".py")) return EntryKind::python;
  if (path.ends_with(".sh")) return EntryKind::shell;
  if (path.ends_with(".R") || path.ends_with(".r")) return EntryKind::r;
  return EntryKind::executable;
}

std::string entry_path(std::string const& entry_script, snapshot::Plan const& plan) {
  auto path = normal_compute_path(entry_script);
  if (path.find('\\') == std::string::npos || has_file(plan, path)) return path;
  std::ranges::replace(path, '\\', '/');
  return normal_compute_path(path);
}

bool has_file(snapshot::Plan const& plan, std::string_view path) {
  auto const found = std::ranges::lower_bound(plan.files, path, {},
                                              [](snapshot::File const& file) { return std::string_view(file.path); });
  return found != plan.files.end() && found->path == path;
}

}  // namespace azureml::core
