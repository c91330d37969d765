#pragma once
#include "engine/front/limits.hpp"
#include "log/logger.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::front {

struct EngineOptions {
  std::filesystem::path home{};
  std::filesystem::path program{};      ///< The `azureml` program for supervisors.
  std::optional<std::uint16_t> port{};  ///< Not given: the home's, else any free one.
  std::filesystem::path token_file{};   ///< Empty: `token` in the home.
  std::chrono::seconds idle_exit{600};  ///< 0: never.
  std::string python{"/usr/bin/python3"};
  double cpus = 0;
  std::vector<std::string> gpus{};
  std::uint64_t memory = 0;
  bool keep_working_directory = false;
  std::uint64_t free_space_min = std::uint64_t{1} << 30;  ///< Bytes of the home's disk; with less left no run is taken.
  std::vector<std::string> allowed_hosts{};
  ServerLimits limits{};
  std::optional<logging::Logger> logger{};  ///< Not given: engine.log in the home.
};

/// An engine in this process: home, lock, lease files, store, run manager, listener. @throws std::runtime_error with
/// one sentence
class Engine {
 public:
  explicit Engine(EngineOptions options);      ///< ready when it returns; engine.json is in place
  ~Engine();                                   ///< stops listening, closes the store. Runs go on.
  [[nodiscard]] std::string endpoint() const;  ///< `http://127.0.0.1:PORT`
  [[nodiscard]] std::filesystem::path token_file() const;
  void wait_until_idle_or_stopped();  ///< returns when the idle time has passed, or after `stop`
  void stop() noexcept;               ///< from any thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace azureml::engine::front
