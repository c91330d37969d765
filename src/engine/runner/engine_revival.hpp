#pragma once
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// How an engine was started, and can be again.
struct EngineCommand {
  std::vector<std::string> arguments{};       ///< argv
  std::filesystem::path working_directory{};
};

/// Notices that the engine of a home was killed and has it started again, so that what a run's script asks of it works on. An engine that
/// was stopped, or that left by itself, is not started. All supervisors of a home together try at most once in `kPause`. Costs two
/// descriptors and no thread; one thread at a time. Never throws: without it the run goes on just the same.
class EngineRevival {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kPause{60};
  using Start = std::function<void(EngineCommand const&)>;

  /// @param start starts an engine and returns at once; what it throws is taken for a start that failed
  EngineRevival(std::filesystem::path home, Start start);
  [[nodiscard]] int engine_fd() const noexcept { return engine_.get(); }  ///< Readable when the engine has ended; -1: none is known.
  [[nodiscard]] int home_fd() const noexcept { return home_watch_.get(); }  ///< Readable when another may be there; -1: cannot be told.
  [[nodiscard]] std::optional<Time> due() const noexcept { return due_; }
  /// Looks who is there, and starts an engine if it is time. After a descriptor was readable, or when it is due.
  void handle(Time now) noexcept;

 private:
  void look(Time now);
  void start_if_due(Time now);
  std::filesystem::path home_;
  Start start_;
  base::UniqueFd engine_{}, home_watch_{};
  std::optional<Time> due_{};
  EngineCommand command_{};
};

/// Starts the engine of a home with this very program, outside of all that this process looks after: it is neither a child nor a
/// descendant of it. @throws std::system_error
void start_engine_apart(EngineCommand const& command);

}  // namespace azureml::engine::runner
