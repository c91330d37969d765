#pragma once
#include <filesystem>
#include <string>

namespace azureml::engine::runner {

/// Where everything of one run lies. A value: paths only, no I/O.
struct RunPaths {
  std::filesystem::path root{};
  [[nodiscard]] std::filesystem::path spec() const { return root / "spec.json"; }
  [[nodiscard]] std::filesystem::path attempt() const { return root / "attempt"; }            ///< Id of the attempt that may run.
  [[nodiscard]] std::filesystem::path journal() const { return root / "journal.jsonl"; }
  [[nodiscard]] std::filesystem::path lock() const { return root / "supervisor.lock"; }
  [[nodiscard]] std::filesystem::path cancel() const { return root / "cancel"; }
  [[nodiscard]] std::filesystem::path supervisor_log() const { return root / "supervisor.log"; }
  [[nodiscard]] std::filesystem::path scratch() const { return root / "scratch"; }            ///< Files on their way to `artifacts`.
  [[nodiscard]] std::filesystem::path work() const { return root / "work"; }
  [[nodiscard]] std::filesystem::path data() const { return root / "data"; }
  [[nodiscard]] std::filesystem::path data_input(std::string const& name) const { return data() / "in" / name; }
  [[nodiscard]] std::filesystem::path data_output(std::string const& name) const { return data() / "out" / name; }
  [[nodiscard]] std::filesystem::path manifest() const { return root / "outputs.jsonl"; }     ///< What became blobs.
  [[nodiscard]] std::filesystem::path artifacts() const { return root / "artifacts"; }
  [[nodiscard]] std::filesystem::path user_logs() const { return artifacts() / "user_logs"; }
  [[nodiscard]] std::filesystem::path std_log() const { return user_logs() / "std_log.txt"; }
  [[nodiscard]] std::filesystem::path build_log() const { return artifacts() / "azureml-logs" / "20_image_build_log.txt"; }
};

}  // namespace azureml::engine::runner
