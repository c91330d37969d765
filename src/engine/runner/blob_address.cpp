#include "engine/runner/blob_address.hpp"

#include "base/encoding.hpp"

#include <algorithm>

namespace azureml::engine::runner {

bool is_container_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 63 && name.front() != '.' && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

std::optional<BlobAddress> own_blob_address(std::string_view address, std::string const& account) {
  auto const scheme = address.find("://");
  auto const kind = base::to_lower_ascii(address.substr(0, std::min(scheme, address.size())));
  if (scheme == std::string_view::npos || (kind != "http" && kind != "https")) return std::nullopt;
  auto rest = address.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  auto const slash = std::min(rest.find('/'), rest.size());
  auto const host = base::to_lower_ascii(rest.substr(0, slash));
  std::size_t skipped = !account.empty() && host.starts_with(account + ".blob.") ? 0 : 1;
  rest.remove_prefix(slash);
  BlobAddress result;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    auto const end = std::min(rest.find('/'), rest.size());
    auto const step = base::percent_decode(rest.substr(0, end));
    rest.remove_prefix(end);
    if (step && step->empty()) continue;
    if (!step || *step == "." || *step == ".." || step->find('/') != std::string::npos ||
        step->find('\0') != std::string::npos)
      return std::nullopt;
    if (skipped > 0) {
      if (!account.empty() && *step != account) return std::nullopt;
      --skipped;
    } else if (result.container.empty()) {
      result.container = *step;
    } else {
      result.path = result.path.empty() ? *step : result.path + "/" + *step;
    }
  }
  if (!is_container_name(result.container)) return std::nullopt;
  return result;
}

}  // namespace azureml::engine::runner
