#pragma once
#include "engine/store/home.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace azureml::engine::front {

/// Something of a home that is not as it must be.
struct Finding {
  std::string kind{};     ///< One of the kinds docs/engine.md lists.
  std::string path{};     ///< The file or folder, absolute.
  std::string problem{};  ///< What is wrong with it.
  std::string remedy{};   ///< What to do.
  friend bool operator==(Finding const&, Finding const&) = default;
};

inline constexpr std::size_t kFindingsMax = 10'000;

struct HomeCheckOptions {
  bool checksums = true;  ///< Reads every stored file; else only sizes are compared.
  /// Set when an engine is serving: returns when all that it was writing is recorded, so that what seems wrong can be looked at again.
  std::function<void()> settle{};
  std::function<bool()> stopped{};  ///< Asked between files; true ends the check with an error.
};

/// Looks at everything of a home: its files, the database, blobs, runs, environments. Changes nothing. Only in the process that holds the
/// engine's lock. At most `kFindingsMax` findings; the last one then says that there are more.
/// @throws std::runtime_error when there is no home, or when it was stopped
std::vector<Finding> check_home(store::Home const& home, HomeCheckOptions const& options = {});

std::string to_json_text(std::vector<Finding> const& findings);                 ///< `{"findings":[…]}`
/// @throws std::runtime_error when it is none of ours
std::vector<Finding> findings_from_json(std::string const& text);

}  // namespace azureml::engine::front
