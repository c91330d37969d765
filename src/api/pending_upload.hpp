#pragma once
#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "log/logger.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace azureml::api {

/// An upload that was begun for a code asset that is not registered yet. `sas_uri` is a secret: it is never logged.
struct PendingCode {
  std::string name{}, version{}, blob_uri{}, sas_uri{};
  std::string folder{};  ///< What stands before each path in the container.
  friend bool operator==(PendingCode const&, PendingCode const&) = default;
};
/// What a begun upload is good for: the same content for the same workspace.
struct PendingKey {
  std::string endpoint{}, workspace_path{}, tree{};
};

/// When the address ends (`se` of its signature); nothing when it does not say.
std::optional<std::chrono::system_clock::time_point> address_end(std::string const& sas_uri);

/// Remembers a begun upload between processes, in a file of mode 0600 in the user's cache directory, so that an
/// interrupted one goes on. Holds a lock on that file: of two submits of the same content at once, the second one has
/// nothing remembered and remembers nothing. Never throws but std::bad_alloc: what cannot be remembered is not. Used by
/// one thread.
class PendingUpload {
 public:
  /// @param directory empty: nothing is remembered
  PendingUpload(std::filesystem::path const& directory, PendingKey const& key, base::Clock& clock,
                logging::Logger logger);
  /// What an earlier call has begun and is good for at least ten minutes more.
  [[nodiscard]] std::optional<PendingCode> const& begun() const noexcept { return begun_; }
  /// Remembers; before the first byte is sent.
  void remember(PendingCode const& code);
  /// Forgets: the code is registered, or the place is of no use.
  void forget();

 private:
  bool lock(std::filesystem::path const& folder);
  void prune(std::filesystem::path const& folder) const;

  std::filesystem::path file_{};
  PendingKey key_;
  logging::Logger logger_;
  base::UniqueFd fd_{};
  std::optional<PendingCode> begun_{};
};

}  // namespace azureml::api
