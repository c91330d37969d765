#include "core/aliases.hpp"
#include "core/checks.hpp"
#include "core/compute_path.hpp"
#include "core/conda.hpp"
#include "core/entry_script.hpp"
#include "core/names.hpp"
#include "core/packages.hpp"
#include "core/references.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

namespace azureml::core {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSuggestionsMax = 3;

/// False when there is no folder to look at.
bool check_folder(fs::path const& folder, Faults& faults) {
  std::string const field = "source_directory";
  if (folder.empty()) {
    faults.add(field, "nothing is given", "name the folder with the script; write \".\" for the working directory");
    return false;
  }
  std::error_code error;
  auto const status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) {
    faults.add(field, "'" + folder.string() + "' does not exist",
               "name an existing folder; the working directory is '" + fs::current_path(error).string() + "'");
  } else if (!fs::is_directory(status)) {
    faults.add(field, "'" + folder.string() + "' is not a folder", "name the folder, and the script in entry_script");
  } else if (access(folder.c_str(), R_OK | X_OK) != 0) {
    faults.add(field, "'" + folder.string() + "' cannot be read: " + std::strerror(errno),
               "allow this user to read it");
  } else {
    return true;
  }
  return false;
}

std::string similar_files(snapshot::Plan const& plan, std::string const& path) {
  auto const name = fs::path(path).filename();
  auto const extension = name.extension();
  std::string found;
  std::size_t count = 0;
  for (auto const& file : plan.files) {
    fs::path const candidate = file.path;
    bool const similar = candidate.filename() == name || (!extension.empty() && candidate.extension() == extension);
    if (!similar || count == kSuggestionsMax) continue;
    found += (count++ ? ", '" : "'") + file.path + "'";
  }
  return found;
}

void explain_exclusion(snapshot::Excluded const& exclusion, std::string const& path, Faults& faults) {
  auto const rule = exclusion.rule_file.empty() ? "the built-in rule '" + exclusion.rule + "'"
                                                : "the rule '" + exclusion.rule + "' in " + exclusion.rule_file +
                                                      ", line " + std::to_string(exclusion.rule_line);
  auto const remedy = exclusion.rule_file.empty() ? std::string("move or rename the script")
                                                  : "change the rule, or add '!" + path + "' after it";
  faults.add("entry_script", "'" + path + "' is left out of the snapshot by " + rule, remedy);
}

void check_script_file(fs::path const& folder, std::string const& path, snapshot::Plan const& plan, Faults& faults) {
  std::string const field = "entry_script";
  auto const file = folder / path;
  std::error_code error;
  auto const status = fs::status(file, error);
  if (fs::is_directory(status)) return faults.add(field, "'" + path + "' is a folder", "name the script in it");
  if (auto const* exclusion = snapshot::find_exclusion(plan, path)) return explain_exclusion(*exclusion, path, faults);
  if (status.type() == fs::file_type::not_found || !has_file(plan, path)) {
    auto const similar = similar_files(plan, path);
    return faults.add(field, "'" + file.string() + "' does not exist",
                      similar.empty() ? "name a file of the source directory"
                                      : "name a file of the source directory, perhaps " + similar);
  }
  if (access(file.c_str(), R_OK) != 0) {
    faults.add(field, "'" + file.string() + "' cannot be read: " + std::strerror(errno), "allow this user to read it");
  }
}

void check_entry_script(Estimator const& estimator, SourceFacts const& facts, bool has_plan, Faults& faults) {
  std::string const field = "entry_script";
  auto const& script = estimator.entry_script;
  if (script.empty()) return faults.add(field, "nothing is given", "name the script, relative to source_directory");
  if (!check_text(script, field, faults)) return;
  auto const path = entry_path(script, facts.plan);
  if (script.starts_with('/'))
    return faults.add(field, "'" + script + "' is an absolute path", "name it relative to source_directory");
  if (has_parent_step(path))
    return faults.add(field, "'" + script + "' is not inside source_directory",
                      "move it into the folder, or name the folder above");
  if (path.ends_with(".ipynb")) {
    return faults.add(field, "'" + script + "' is a notebook, which does not run as a script",
                      "convert it with 'jupyter nbconvert --to script'");
  }
  if (path.empty()) return faults.add(field, "'" + script + "' is a folder", "name the script in it");
  if (has_plan) check_script_file(estimator.source_directory, path, facts.plan, faults);
}

/// A link at `path_on_compute` cannot take the place of what the snapshot brings.
void check_collisions(Estimator const& estimator, snapshot::Plan const& plan, Faults& faults) {
  for (auto const& [data, field] : references_of(estimator)) {
    auto const path = normal_compute_path(data.path_on_compute);
    if (path.empty()) continue;
    auto const hit = std::ranges::find_if(plan.files, [&](snapshot::File const& file) {
      return is_same_or_within(file.path, path) || is_same_or_within(path, file.path);
    });
    if (hit != plan.files.end()) {
      faults.add(field, "path_on_compute '" + path + "' meets the source directory's '" + hit->path + "'",
                 "choose another folder for it");
    }
  }
}

void read_named_files(Estimator const& estimator, SourceFacts& facts, Faults& faults) {
  Faults found;
  if (auto const& file = conda_file_of(estimator); !file.empty()) {
    std::string const field = conda_file_field(estimator);
    facts.conda_file_text = read_specification(estimator.source_directory / file, field, found);
    if (found.empty()) parse_conda(facts.conda_file_text, field, found);
  }
  faults.add_all(found.take());
  if (auto const& file = requirements_file_of(estimator); !file.empty()) {
    std::string const field = requirements_file_field(estimator);
    facts.requirements_text = read_specification(estimator.source_directory / file, field, found);
    if (found.empty()) parse_requirements(facts.requirements_text, field, found);
  }
  faults.add_all(found.take());
}

}  // namespace

SourceFacts check_source(Estimator const& estimator, SnapshotOptions const& snapshot, Faults& faults,
                         std::stop_token const& stop) {
  SourceFacts facts;
  bool has_plan = false;
  if (check_folder(estimator.source_directory, faults)) {
    try {
      facts.plan = snapshot::make_plan(estimator.source_directory, snapshot, stop);
      has_plan = true;
    } catch (ValidationError const& error) {
      faults.add_all(error.faults());
    }
    read_named_files(estimator, facts, faults);
  }
  if (has_plan && facts.plan.files.empty()) {
    faults.add("source_directory",
               "'" + estimator.source_directory.string() + "' has no file to send" +
                   (facts.plan.excluded.empty() ? "" : ": its ignore rules leave out everything"),
               "put the script there, or change the rules");
  }
  check_entry_script(estimator, facts, has_plan, faults);
  if (has_plan) check_collisions(estimator, facts.plan, faults);
  return facts;
}

}  // namespace azureml::core
