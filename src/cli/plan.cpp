#include "cli/plan.hpp"

#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/snapshot_options.hpp"
#include "cli/terminal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <limits>

namespace azureml::cli {

namespace {

constexpr std::size_t kLines = 20;

/// The length of the UTF-8 sequence at the front, and what it stands for; 0 when it is none.
std::size_t decode(std::string_view text, char32_t& c) {
  auto const lead = static_cast<unsigned char>(text[0]);
  c = lead;
  if (lead < 0x80) return 1;
  std::size_t const length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  c = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    auto const next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return 0;
    c = (c << 6) | (next & 0x3FU);
  }
  bool const is_surrogate = c >= 0xD800 && c <= 0xDFFF;
  return c < kLeast[length] || c > 0x10FFFF || is_surrogate ? 0 : length;
}

bool moves_the_cursor(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

std::string count_text(std::uint64_t count, char const* one, char const* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

std::string right(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string rule_text(SnapshotExclusion const& excluded) {
  if (excluded.rule_file.empty()) return "rule " + name_text(excluded.rule);
  return name_text(excluded.rule_file) + ':' + std::to_string(excluded.rule_line) + ": " + name_text(excluded.rule);
}

/// A part of the text: a heading and a line for each item, as far as there may be.
template <class Items, class Line>
std::string part(char const* heading, Items const& items, std::size_t lines_max, Line const& line) {
  if (items.empty()) return {};
  std::string text = std::string("\n") + heading + '\n';
  auto const shown = std::min(items.size(), lines_max);
  for (std::size_t i = 0; i < shown; ++i) text += "  " + line(items[i]) + '\n';
  if (shown < items.size()) text += "  and " + std::to_string(items.size() - shown) + " more (--all shows them)\n";
  return text;
}

}  // namespace

std::string name_text(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    char32_t c = 0;
    auto const length = decode(name, c);
    auto const size = std::max<std::size_t>(length, 1);
    if (length != 0 && !moves_the_cursor(c)) {
      text += name.substr(0, size);
    } else {
      for (char const byte : name.substr(0, size)) {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        text += escaped;
      }
    }
    name.remove_prefix(size);
  }
  return text;
}

std::string plan_text(SnapshotPlan const& plan, std::size_t lines_max) {
  auto text = name_text(plan.root.string()) + ": " + count_text(plan.files.size(), "file", "files") + ", " +
              human_bytes(plan.bytes) + "; " + std::to_string(plan.excluded.size()) + " left out\n";
  text += part("Heaviest, and the line of an ignore file that leaves it out", plan.largest, lines_max,
               [](SnapshotWeight const& weight) {
                 return right(human_bytes(weight.bytes), 10) + "  " + name_text(weight.path) +
                        (weight.path.ends_with('/') ? " (" + count_text(weight.files, "file", "files") + ")" : "") +
                        "  " + name_text(weight.ignore_line);
               });
  text += part("Files", plan.files, lines_max, [](SnapshotFile const& file) {
    return right(human_bytes(file.size), 10) + "  " + name_text(file.path);
  });
  std::size_t width = 0;
  for (std::size_t i = 0; i < std::min(plan.excluded.size(), lines_max); ++i)
    width = std::max(width, std::min<std::size_t>(name_text(plan.excluded[i].path).size(), 60));
  text += part("Left out, and the rule", plan.excluded, lines_max, [&](SnapshotExclusion const& excluded) {
    auto path = name_text(excluded.path);
    if (path.size() < width) path.append(width - path.size(), ' ');
    return path + "  " + rule_text(excluded);
  });
  return text;
}

int run_plan(Arguments const& arguments) {
  SnapshotChoice choice;
  std::string folder = ".";
  bool json = false, all = false;
  CLI::App app{"Show what a submit of a folder would upload, what it would leave out, and why. Sends nothing."};
  app.add_option("folder", folder, "The folder (default: this one)")->type_name("DIR");
  app.add_flag("--json", json, "One JSON object with all of it");
  app.add_flag("--all", all, "Every file and exclusion, not the first 20 of each");
  app.add_option("--ignore", choice.ignore, "Whose ignore rules count: git's, or the Python SDK's (default: git)")
      ->check(CLI::IsMember({"git", "service"}))
      ->type_name("git|service");
  add_repeated(app, "--allow", choice.allow, "Lift a rule of the deny list, by its name or for a path")->type_name("RULE|PATH");
  app.add_option("--max-bytes,--max-snapshot-bytes", choice.bytes_max, "Fail when it is more: 1000, 64k, 300m, 2g")
      ->type_name("SIZE");
  app.add_option("--max-files,--max-snapshot-files", choice.files_max, "Fail when there are more files")->type_name("N");
  parse(app, arguments);

  auto const plan = snapshot_plan(folder, snapshot_options(choice));
  if (json) {
    write_out(to_json(plan) + '\n');
  } else {
    write_out(plan_text(plan, all ? std::numeric_limits<std::size_t>::max() : kLines));
    for (auto const& warning : plan.warnings) std::fprintf(stderr, "azureml: warning: %s\n", name_text(warning).c_str());
  }
  return kSuccess;
}

}  // namespace azureml::cli
