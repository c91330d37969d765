#include "unit/core/support.hpp"

#include "core/tool.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace azureml::test {

namespace fs = std::filesystem;

ScopedVariable::ScopedVariable(char const* name, char const* value)
    : name_(name), was_set_(std::getenv(name) != nullptr) {
  if (was_set_) old_ = std::getenv(name);
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
}

ScopedVariable::~ScopedVariable() {
  if (was_set_)
    setenv(name_.c_str(), old_.c_str(), 1);
  else
    unsetenv(name_.c_str());
}

core::SourceFacts facts_with(std::vector<std::string> paths) {
  std::ranges::sort(paths);
  core::SourceFacts facts;
  facts.plan.root = "/project";
  for (auto const& path : paths)
    facts.plan.files.push_back({.path = path, .size = 1});
  return facts;
}

Estimator plain_estimator() {
  return {.source_directory = "/project", .compute_target = "local", .entry_script = "train.py"};
}

std::vector<std::string> described(std::vector<Fault> const& faults) {
  std::vector<std::string> texts;
  for (auto const& fault : faults) texts.push_back(fault.field + ": " + fault.problem);
  return texts;
}

std::string read_text(fs::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string output_of(std::vector<std::string> const& arguments) {
  auto const result = core::run_tool(arguments, {}, {.time = std::chrono::seconds(60), .output = 64 << 20});
  if (!result.succeeded) throw std::runtime_error("'" + arguments.front() + "' failed: " + result.output);
  return result.output;
}

}  // namespace azureml::test
