#pragma once
#include <azureml/run.hpp>

#include <string>

namespace azureml::cli {

/// Writes what the exception in flight says to standard error and returns the exit code for it. Only within a `catch`.
int report_current_exception(std::string const& command) noexcept;

/// The exit code for a finished run.
int exit_code(RunStatus const& status) noexcept;
/// `run 'x' failed in script: … (exit code 1)`
std::string describe_failure(RunDetails const& details);

}  // namespace azureml::cli
