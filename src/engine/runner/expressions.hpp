#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::runner {

struct Substitution {
  std::string text{};
  std::vector<std::string> unknown{};  ///< Names in `${{…}}` without a value, in order, each once.
};

/// Replaces `${{inputs.NAME}}` and `${{outputs.NAME}}` by the value, textually and everywhere, as the service does; what comes in is not looked at again.
/// `$[[…]]` is an optional part: kept without its brackets when all names in it have a value, else left out.
Substitution substitute(std::string_view command, std::map<std::string, std::string> const& inputs,
                        std::map<std::string, std::string> const& outputs = {});

}  // namespace azureml::engine::runner
