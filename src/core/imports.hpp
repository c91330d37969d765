#pragma once
#include "snapshot/snapshot.hpp"

#include <stop_token>
#include <string>
#include <string_view>

namespace azureml::core {

struct Imports {
  bool azureml = false, mlflow = false;
};

/// Which of the two packages a Python text imports, at any depth of indentation; lines of a multi-line string do not
/// count.
Imports imports_of(std::string_view python);

/// Looks into the snapshot's Python files, the entry script first, within bounds: 2,000 files, 256 KiB of each. A
/// package that the snapshot itself brings is not missing. A file that cannot be read is left to the upload, which
/// names it.
Imports find_imports(snapshot::Plan const& plan, std::string const& entry_path, std::stop_token const& stop);

}  // namespace azureml::core
