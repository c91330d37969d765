#pragma once
#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace azureml::core {

struct ToolLimits {
  std::chrono::milliseconds time{5000};
  std::size_t output = 64 << 10;  ///< More than that ends the program; what came so far is kept.
};

struct ToolResult {
  bool started = false;    ///< false: there is no such program.
  bool succeeded = false;  ///< It ended by itself with exit code 0.
  bool cut = false;        ///< It wrote more than the limit and was ended.
  std::string output{};    ///< Its standard output.
};

/// Runs a short program found in PATH, without a shell: no input, errors discarded, its own process group, which is
/// killed when the time, the output or `stop` ends it. Never throws for what the program does. @throws
/// std::system_error when the system has no descriptors left.
ToolResult run_tool(std::vector<std::string> const& arguments, std::vector<std::string> const& variables,
                    ToolLimits const& limits = {}, std::stop_token const& stop = {});

}  // namespace azureml::core
