#pragma once
#include "engine/front/operation.hpp"
#include "engine/front/target.hpp"
#include "engine/routes/exchange.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::front {

/// By which names this engine may be asked. Keeps a web page that resolves its own name to 127.0.0.1 out.
struct HostRules {
  std::uint16_t port = 0;
  std::vector<std::string> allowed{};  ///< Besides the loopback names: `name` with any port, or `name:port`.

  /// @throws routes::ApiError 400 or 403
  void check_host(std::string_view host) const;
  /// A request made by a page of another origin. @throws routes::ApiError 403
  void check_origin(std::string_view origin) const;

 private:
  [[nodiscard]] bool is_ours(std::string_view host) const;
};

/// `<account>` when the host is `<account>.blob.<anything>`: the blob service's own spelling of an account.
std::optional<std::string> blob_account_of(std::string_view host);

/// What a job's token may do: read the workspace, discovery and environments, and work on its own run.
bool run_may(Operation const& operation, std::string_view method, Target const& target, std::string_view run_id);

}  // namespace azureml::engine::front
