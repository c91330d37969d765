#pragma once
#include "engine/runner/run_data.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// Everything the supervisor of a run needs to know; `spec.json` in the run's directory.
struct RunSpec {
  std::string run_id{};
  std::string attempt_id{};
  std::string command{};                                   ///< As submitted, with `${{…}}`.
  std::string code_directory{};                            ///< Empty: the job has no code.
  std::string conda_file{};                                ///< YAML as sent.
  bool has_conda_file = false;                             ///< False: the packages are the configured python's own.
  std::map<std::string, std::string> context_variables{};  ///< Of the engine: routes, tokens, ids.
  std::map<std::string, std::string> job_variables{};      ///< Of the job; they win.
  std::map<std::string, std::string> inputs{};             ///< Literal inputs by name.
  std::vector<DataInput> data_inputs{};
  std::vector<DataOutput> data_outputs{};
  std::string mounts{"auto"};                              ///< "copy": what is to be mounted is copied.
  std::optional<std::chrono::seconds> timeout{};           ///< Of the script.
  std::chrono::milliseconds cancel_grace{5000};            ///< Between SIGTERM and SIGKILL.
  bool keep_working_directory = false;
  std::string python{"/usr/bin/python3"};
  std::string environments{};                              ///< Folder of the built environments.
  unsigned cpu_share = 1;                                  ///< OMP_NUM_THREADS of each process.
  std::optional<std::vector<std::string>> gpus{};          ///< CUDA_VISIBLE_DEVICES; absent: the engine knows of none, and hides none.
  std::uint64_t memory = 0;                                ///< What it asked for, in bytes; an engine that takes it up again counts it.
  bool alone = false;                                      ///< Nothing may run beside it.
  std::vector<std::string> warnings{};                     ///< Known before the start; they end up in the run.
};

std::string to_json_text(RunSpec const& spec);
/// @throws std::runtime_error naming the member that is missing or of the wrong kind
RunSpec run_spec_from_json(std::string const& text);
/// Visible only complete. Not synced: after a power cut the run is lost with or without its specification.
void write_run_spec(std::filesystem::path const& path, RunSpec const& spec);
RunSpec read_run_spec(std::filesystem::path const& path);
/// The same for any small file: a temporary name beside it, then a rename.
void replace_small_file(std::filesystem::path const& path, std::string const& text);

}  // namespace azureml::engine::runner
