#pragma once
#include <azureml/estimator.hpp>

#include "core/lower.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::test {

/// Sets an environment variable for the life of the object; nullptr unsets it.
class ScopedVariable {
 public:
  ScopedVariable(char const* name, char const* value);
  ScopedVariable(ScopedVariable const&) = delete;
  ScopedVariable& operator=(ScopedVariable const&) = delete;
  ~ScopedVariable();

 private:
  std::string name_, old_;
  bool was_set_;
};

/// Facts of a folder that need not exist: files of size 1, sorted.
core::SourceFacts facts_with(std::vector<std::string> paths);
/// No fault in it but the folder: `train.py` on `local`.
Estimator plain_estimator();
/// `field: problem` of each fault.
std::vector<std::string> described(std::vector<Fault> const& faults);
std::string read_text(std::filesystem::path const& file);
/// Runs a program with the given arguments, without a shell; its standard output. @throws std::runtime_error when it
/// fails
std::string output_of(std::vector<std::string> const& arguments);

}  // namespace azureml::test
