#pragma once
#include "engine/front/control.hpp"
#include "engine/front/home_facts.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::cli {

/// What `azureml doctor` says about one thing.
struct Finding {
  enum class Level { ok, warning, error } level = Level::ok;
  std::string check{}, message{};
  std::string remedy{};  ///< Empty when all is well.
};

/// A short program, looked up in PATH and asked for its version.
struct ToolFacts {
  bool is_found = false, answered = false;  ///< `answered`: it ended in time with exit code 0.
  std::string version{};                    ///< The first line of its answer.
};
/// Costs a process for each name until one is there, at most five seconds each. @param words the program, then its arguments
ToolFacts look_for_tool(std::vector<std::string> const& words);

// The judgements: pure, from facts.
Finding judge_home(engine::front::HomeFacts const& home, uid_t user);
Finding judge_space(engine::front::HomeFacts const& home);
Finding judge_engine(engine::front::EngineStatus const& engine, std::string_view own_version, std::string const& home);
/// Of uv and pip, one is needed.
std::vector<Finding> judge_installers(ToolFacts const& uv, ToolFacts const& pip);
/// @param purpose what it is for, behind "not found; "
Finding judge_tool(std::string check, ToolFacts const& tool, std::string_view purpose);
/// @param variable the value of an environment variable, nothing when it is not set
std::vector<Finding> judge_proxy(std::function<std::optional<std::string>(std::string const& name)> const& variable);
/// @param newest the latest time stamp of files that this machine wrote
Finding judge_clock(std::chrono::system_clock::time_point now, std::chrono::system_clock::time_point newest);

}  // namespace azureml::cli
