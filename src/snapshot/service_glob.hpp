#pragma once
#include "snapshot/glob.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace azureml::snapshot {

/// A pattern of an ignore file as the Python SDK reads it (pathspec's `gitwildmatch`), by code points. With
/// `only_beneath` it means what is beneath a path that the glob matches, otherwise that path too.
struct ServicePattern {
  std::optional<Glob> glob{};  ///< Nothing when the pattern means nothing.
  bool only_beneath = false;
  bool only_name = false;  ///< The glob is for the last name of a path, not for the path.
  std::string problem{};   ///< Why the SDK gives up at the pattern, as the end of a sentence; empty when it does not.
};

/// @param pattern valid UTF-8, without blanks around it and without the `!` before it
ServicePattern service_pattern(std::string_view pattern);

/// The line without the blanks around it, Unicode's too. @param line valid UTF-8
std::string_view without_blanks(std::string_view line);

}  // namespace azureml::snapshot
