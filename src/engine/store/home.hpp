#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::store {

/// Where everything of an engine lies. A value: paths only, no I/O.
struct Home {
  std::filesystem::path root{};
  [[nodiscard]] std::filesystem::path database() const { return root / "store.db"; }
  [[nodiscard]] std::filesystem::path engine_lock() const { return root / "engine.lock"; }
  [[nodiscard]] std::filesystem::path engine_json() const { return root / "engine.json"; }
  [[nodiscard]] std::filesystem::path engine_log() const { return root / "engine.log"; }
  [[nodiscard]] std::filesystem::path identity_json() const { return root / "identity.json"; }
  [[nodiscard]] std::filesystem::path config_json() const { return root / "config.json"; }
  [[nodiscard]] std::filesystem::path token_file() const { return root / "token"; }
  [[nodiscard]] std::filesystem::path attached_lock() const { return root / "attached.lock"; }
  [[nodiscard]] std::filesystem::path blobs() const { return root / "blobs"; }  ///< One folder for each container.
  [[nodiscard]] std::filesystem::path runs() const { return root / "runs"; }
  [[nodiscard]] std::filesystem::path run(std::string const& run_id) const { return runs() / run_id; }
  [[nodiscard]] std::filesystem::path artifacts(std::string const& run_id) const {
    return run(run_id) / "artifacts";
  }  ///< `ExperimentRun/dcid.<id>/`
  [[nodiscard]] std::filesystem::path environments() const {
    return root / "environments";
  }  ///< One folder for each environment key.
};

/// What belongs to a home for ever: ids and keys. Kept in identity.json, mode 0600.
struct Identity {
  std::string home_id{};          ///< uuid
  std::string workspace_id{};     ///< uuid, on the wire
  std::string storage_account{};  ///< `azureml<8 hex>`
  std::string account_key{};      ///< base64 of 64 random bytes; signs SAS
  std::string token_key{};        ///< base64 of 32 random bytes; signs JWTs
  std::string hello_key{};        ///< base64 of 32 random bytes; the HMAC of `hello`
  std::uint16_t port = 0;         ///< 0: not chosen yet
};

/// What the system says about the file system a path lies on.
struct FileSystemFacts {
  long magic = 0;      ///< `f_type` of statfs(2).
  std::string type{};  ///< As in /proc/self/mountinfo: `ext4`, `fuse.sshfs`; empty when it was not found.
};
FileSystemFacts file_system_of(std::filesystem::path const& path);
/// The name of a file system whose locks and renames cannot be trusted because other machines share it; nothing for a
/// local one.
std::optional<std::string> network_file_system(FileSystemFacts const& facts);

/// Makes the home (mode 0700) and its identity when they do not exist, else reads them; checks owner, mode, file
/// system.
/// @throws std::runtime_error with one sentence: what is wrong and what to do
Identity open_home(Home const& home);
/// The same with another way of looking at file systems.
Identity open_home(Home const& home, std::function<FileSystemFacts(std::filesystem::path const&)> const& look);
/// Writes identity.json anew (the port was chosen).
/// @throws std::runtime_error with one sentence
void save_identity(Home const& home, Identity const& identity);

}  // namespace azureml::engine::store
