#pragma once
#include "support/temporary_directory.hpp"

#include <azureml/azureml.hpp>

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::test {

/// Asks again until it is true; the bound only ends a test that has failed already.
bool eventually(std::function<bool()> const& condition, std::chrono::seconds bound = std::chrono::seconds(60));

/// All processes whose environment holds AZUREML_RUN_ID=<id>.
std::vector<pid_t> processes_of(std::string const& run_id);
/// The supervisor of a run, 0 when there is none.
pid_t supervisor_of(std::string const& run_id);
/// Ends engine, supervisors and scripts that name a directory in their arguments or environment: what a test leaves would
/// disturb the next one.
void end_processes_of(std::filesystem::path const& directory);

/// A home of its own with an engine process, and a source directory. The engine is ended with the test.
class EngineTest : public testing::Test {
 protected:
  EngineTest();
  ~EngineTest() override;

  Workspace attach() const { return Workspace::local({.home = home(), .engine_program = AZUREML_PROGRAM}); }
  [[nodiscard]] std::filesystem::path home() const { return directory_.path() / "home"; }
  [[nodiscard]] std::filesystem::path source() const { return directory_.path() / "source"; }
  [[nodiscard]] std::filesystem::path path(std::string const& name) const { return directory_.path() / name; }
  std::filesystem::path write(std::string const& name, std::string_view text) const { return directory_.write(name, text); }
  /// An estimator of the source directory with this Python text as train.py.
  Estimator script(std::string_view python) const;
  [[nodiscard]] pid_t engine_pid() const;   ///< From engine.json; 0 when there is none.
  [[nodiscard]] int engine_port() const;

  static std::string log_of(azureml::Run const& run);
  static std::string text_of(std::filesystem::path const& file);

 private:
  TemporaryDirectory directory_{};
};

}  // namespace azureml::test
