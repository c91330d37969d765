#pragma once
#include "engine/routes/exchange.hpp"
#include "engine/routes/services.hpp"
#include "engine/runner/notifier.hpp"
#include "engine/store/store_thread.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::routes {

using nlohmann::json;

class FakeClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::system_clock::time_point now() const override { return time; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override { return {}; }
  bool wait_for(std::chrono::nanoseconds, std::stop_token const&) override { return true; }
  std::chrono::system_clock::time_point time{std::chrono::seconds(1'774'584'206) + std::chrono::nanoseconds(869'089'900)};
};

struct Asked {
  std::string method{"GET"}, address{};  ///< Path and query, encoded.
  std::string body{};
  Headers headers{};
  bool waited = false;
  bool check_signature = true;
};

/// The handlers on a store in a directory of its own, found through the table of routes as the front finds them.
class RoutesTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  void restart(runner::RunnerOptions options);  ///< Another engine with the same home.

  Reply ask(Asked const& asked);
  /// The error that the request ends in; status 0 when there is none.
  ApiError refusal(Asked const& asked);
  json ask_json(Asked const& asked, int status = 200);

  /// `{WS}/<path>?api-version=…`
  static std::string arm(std::string const& path, std::string const& query = {});
  static std::string history(std::string const& path);
  static std::string artifacts(std::string const& path);
  static json command_job(std::string const& command = "python train.py");
  Asked put_job(std::string const& name, json const& properties) const;
  /// An environment that every job can use; its id.
  std::string an_environment();
  /// Uploads `src/train.py` and registers it as a code; its id.
  std::string a_code(std::string const& name = "code1", std::string const& hash = "hash1", std::string const& text = "print(1)\n");
  void write_artifact(std::string const& run, std::string const& path, std::string const& text) const;
  static std::string text_of(Reply const& reply);  ///< Body or the piece of the file.
  /// Path and query of an address of this engine.
  static std::string local_part(std::string const& url);

  std::filesystem::path directory_{};
  store::Home home_{};
  store::Identity identity_{};
  FakeClock clock_{};
  std::vector<std::string> runner_calls_{};
  logging::Logger logger_{};
  std::unique_ptr<store::Store> store_{};
  std::unique_ptr<store::StoreThread> unused_thread_{};
  std::unique_ptr<runner::Notifier> notifier_{};
  std::unique_ptr<runner::RunManager> runs_{};
  std::unique_ptr<Services> services_{};
  std::vector<Route> table_{};
};

inline constexpr char kBase[] = "http://127.0.0.1:4321";
inline constexpr char kScope[] =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local";

}  // namespace azureml::engine::routes
