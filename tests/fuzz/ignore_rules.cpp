// An ignore file, a line `--`, then paths. Two ways of finding the rule that decides must agree.
#include "fuzz/fuzz_input.hpp"
#include "snapshot/ignore_rules.hpp"

using namespace azureml;

namespace {

constexpr std::size_t kPathsMax = 16;

bool is_relative_path(std::string_view path) {
  return !path.empty() && !path.starts_with('/') && !path.ends_with('/') && path.find("//") == path.npos && path.find('\0') == path.npos;
}

void check(std::string_view rules, std::string_view paths, IgnoreRules syntax) {
  snapshot::IgnoreFile const file(".amlignore", rules, syntax);
  if (!file.problems().empty()) return;  // such a file is refused before anything is matched
  for (std::size_t count = 0; !paths.empty() && count < kPathsMax; ++count) {
    auto const path = fuzz::take_line(paths);
    if (!is_relative_path(path)) continue;
    for (bool const is_folder : {false, true}) {
      auto const* const rule = file.match(path, is_folder);
      fuzz::require(rule == file.match_slowly(path, is_folder), "the index finds the rule that decides");
      if (rule != nullptr) fuzz::require(rule->line > 0 && !rule->text.empty(), "a rule is told by its text and line");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  auto const split = text.find("\n--\n");
  auto const rules = text.substr(0, split);
  auto const paths = split == text.npos ? text : text.substr(split + 4);
  check(rules, paths, IgnoreRules::git);
  check(rules, paths, IgnoreRules::service);
  return 0;
}
