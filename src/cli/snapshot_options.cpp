#include "cli/snapshot_options.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <limits>

namespace azureml::cli {

std::uint64_t parse_size(std::string_view text, std::string_view option) {
  std::uint64_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view const unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::string_view kUnits = "kmgt";
  auto const letter = unit.size() == 1
                          ? kUnits.find(unit[0] >= 'A' && unit[0] <= 'Z' ? static_cast<char>(unit[0] + 32) : unit[0])
                          : std::string_view::npos;
  auto const shift = letter == std::string_view::npos ? 0 : 10 * (letter + 1);
  bool const is_number = error == std::errc{} && (unit.empty() || letter != std::string_view::npos);
  if (!is_number || number > std::numeric_limits<std::uint64_t>::max() >> shift)
    throw UsageError(std::string(option) + " takes a size such as 1000, 64k, 300m or 2g, not '" + std::string(text) +
                     "'");
  return number << shift;
}

void add_snapshot_options(CLI::App& app, SnapshotChoice& choice) {
  app.option_defaults()->group("Snapshot of the folder");
  app.add_option("--ignore", choice.ignore,
                 "Whose ignore rules: git (nested files, as git does) or service (as the Python SDK does)")
      ->check(CLI::IsMember({"git", "service"}))
      ->type_name("git|service");
  add_repeated(app, "--allow", choice.allow,
               "Send what looks like a secret all the same: a rule's name or a path in DIR")
      ->type_name("RULE|PATH");
  app.add_option("--max-snapshot-bytes", choice.bytes_max, "Refuse a larger folder, such as 300m")->type_name("SIZE");
  app.add_option("--max-snapshot-files", choice.files_max, "Refuse a folder with more files")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  app.add_flag("--no-cache", choice.no_cache,
               "Hash every file anew, remember nothing, begin an interrupted upload anew");
}

SnapshotOptions snapshot_options(SnapshotChoice const& choice) {
  SnapshotOptions options;
  options.ignore = choice.ignore == "service" ? IgnoreRules::service : IgnoreRules::git;
  options.allow = choice.allow;
  if (choice.bytes_max) options.bytes_max = parse_size(*choice.bytes_max, "--max-snapshot-bytes");
  options.files_max = choice.files_max;
  options.use_cache = !choice.no_cache;
  return options;
}

}  // namespace azureml::cli
