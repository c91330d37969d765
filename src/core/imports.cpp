#include "core/imports.hpp"

#include "base/unique_fd.hpp"
#include "core/entry_script.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace azureml::core {
namespace {

constexpr std::size_t kFilesMax = 2000;
constexpr std::size_t kBytesMax = 256 << 10;

std::string_view without_indent(std::string_view text) {
  auto const first = text.find_first_not_of(" \t\f");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

void note_module(std::string_view module, Imports& found) {
  auto const top = module.substr(0, module.find_first_of(" \t.,;#\r("));
  if (top == "azureml") found.azureml = true;
  if (top == "mlflow") found.mlflow = true;
}

void read_statement(std::string_view statement, Imports& found) {
  statement = without_indent(statement);
  for (std::string_view const opening : {"try:", "else:"}) {
    if (statement.starts_with(opening)) statement = without_indent(statement.substr(opening.size()));
  }
  bool const is_from = statement.starts_with("from ") || statement.starts_with("from\t");
  if (is_from) return note_module(without_indent(statement.substr(5)), found);
  if (!statement.starts_with("import ") && !statement.starts_with("import\t")) return;
  auto modules = statement.substr(7);
  while (true) {
    note_module(without_indent(modules), found);
    auto const comma = modules.find(',');
    if (comma == std::string_view::npos) return;
    modules.remove_prefix(comma + 1);
  }
}

/// Follows `"""` and `'''` from line to line; inside one, a line is text.
class StringTracker {
 public:
  [[nodiscard]] bool inside() const { return !open_.empty(); }
  void feed(std::string_view line) {
    for (std::size_t at = 0; at + 3 <= line.size();) {
      auto const mark = line.substr(at, 3);
      bool const is_mark = mark == "\"\"\"" || mark == "'''";
      if (!inside() && line[at] == '#') return;
      if (is_mark && (!inside() || mark == open_)) {
        open_ = inside() ? std::string_view{} : mark == "'''" ? "'''" : "\"\"\"";
        at += 3;
      } else {
        ++at;
      }
    }
  }

 private:
  std::string_view open_{};
};

std::string read_start(std::filesystem::path const& file) {
  std::string text(kBytesMax, '\0');
  std::size_t length = 0;
  auto const fd = base::open_file(file, O_RDONLY | O_NONBLOCK);
  while (length < text.size()) {
    auto const count = read(fd.get(), text.data() + length, text.size() - length);
    if (count <= 0) break;
    length += static_cast<std::size_t>(count);
  }
  text.resize(length);
  return text;
}

bool brings(snapshot::Plan const& plan, std::string_view package) {
  auto const module = std::string(package) + ".py";
  auto const init = std::string(package) + "/__init__.py";
  return has_file(plan, module) || has_file(plan, init);
}

}  // namespace

Imports imports_of(std::string_view python) {
  Imports found;
  StringTracker strings;
  while (!python.empty()) {
    auto const end = python.find('\n');
    auto line = python.substr(0, end);
    python.remove_prefix(end == std::string_view::npos ? python.size() : end + 1);
    bool const is_text = strings.inside();
    strings.feed(line);
    while (!is_text && !line.empty()) {
      auto const semicolon = line.find(';');
      read_statement(line.substr(0, semicolon), found);
      line.remove_prefix(semicolon == std::string_view::npos ? line.size() : semicolon + 1);
    }
  }
  return found;
}

Imports find_imports(snapshot::Plan const& plan, std::string const& entry_path, std::stop_token const& stop) {
  std::vector<snapshot::File const*> files;
  for (auto const& file : plan.files) {
    if (file.path.ends_with(".py")) files.push_back(&file);
  }
  std::ranges::stable_partition(files, [&](snapshot::File const* file) { return file->path == entry_path; });
  if (files.size() > kFilesMax) files.resize(kFilesMax);
  bool const own_azureml = brings(plan, "azureml");
  bool const own_mlflow = brings(plan, "mlflow");
  Imports found;
  for (auto const* file : files) {
    if (stop.stop_requested() || (found.azureml && found.mlflow)) break;
    try {
      auto const here = imports_of(read_start(plan.absolute(*file)));
      found.azureml |= here.azureml && !own_azureml;
      found.mlflow |= here.mlflow && !own_mlflow;
    } catch (std::exception const&) {
      continue;
    }
  }
  return found;
}

}  // namespace azureml::core
