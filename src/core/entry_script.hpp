#pragma once
#include "snapshot/snapshot.hpp"

#include <string>
#include <string_view>

namespace azureml::core {

enum class EntryKind { python, shell, r, executable };
EntryKind entry_kind(std::string_view path) noexcept;

/// The entry script as the snapshot names it: no `./`, and `\` as `/` unless a file's name has it (Python on Windows
/// writes `\`).
std::string entry_path(std::string const& entry_script, snapshot::Plan const& plan);
bool has_file(snapshot::Plan const& plan, std::string_view path);

}  // namespace azureml::core
