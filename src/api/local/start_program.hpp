#pragma once
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace azureml::api {

/// Starts a program that outlives us and is nobody's child of ours (no zombie, no SIGCHLD for the application): double fork, a session
/// of its own, default signals, no descriptor but 0 to 2; and reads what it prints until its first line, its end, or the timeout.
struct Started {
  std::string first_line{};  ///< without the newline; empty when it ended or said nothing in time
  std::string output{};      ///< all that was read, at most 16 KiB
  bool timed_out = false;
};
/// @throws std::system_error when it cannot be started at all
Started start_detached(std::filesystem::path const& program, std::vector<std::string> const& arguments, std::chrono::milliseconds timeout);

}  // namespace azureml::api
