#include "snapshot/limits.hpp"

#include "core/make_error.hpp"
#include "snapshot/names.hpp"
#include "snapshot/service_glob.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace azureml::snapshot {

namespace {

constexpr std::size_t kWorst = 10;
constexpr std::size_t kOpenMax = 64;  // folders looked into for something heavy
constexpr double kNearlyAll = 0.8;

/// The files of a plan that are beneath a folder, or one file.
struct Node {
  std::size_t first = 0, last = 0;
  std::size_t depth = 0;  ///< The length of the folder's path with its slash; 0 for a file, and for the root.
  std::uint64_t bytes = 0;
  [[nodiscard]] std::uint64_t weight(WeighedBy by) const noexcept {
    return by == WeighedBy::bytes ? bytes : last - first;
  }
};

/// What is directly in a folder.
std::vector<Node> children(Plan const& plan, Node const& folder) {
  std::vector<Node> nodes;
  for (auto i = folder.first; i < folder.last;) {
    std::string_view const path = plan.files[i].path;
    auto const slash = path.find('/', folder.depth);
    Node node{.first = i, .last = i + 1, .bytes = plan.files[i].size};
    if (slash != std::string_view::npos) {
      node.depth = slash + 1;
      auto const prefix = path.substr(0, node.depth);
      for (; node.last < folder.last && plan.files[node.last].path.starts_with(prefix); ++node.last)
        node.bytes += plan.files[node.last].size;
    }
    i = node.last;
    nodes.push_back(node);
  }
  return nodes;
}

std::string limit_problem(std::string const& held, std::string const& limit, std::vector<SnapshotWeight> const& worst) {
  auto text = "holds " + held + ", more than " + limit + "; the most of it:";
  for (auto const& weight : worst) {
    text += " " + shown(weight.path) + " " + size_text(weight.bytes);
    if (weight.files > 1) text += " in " + std::to_string(weight.files) + " files";
    text += &weight == &worst.back() ? "" : ",";
  }
  return text;
}

std::string ignore_lines(Plan const& plan, std::vector<SnapshotWeight> const& worst) {
  auto text = "leave out what the run does not need, with lines of these in " + plan.ignore_file + ":\n";
  for (auto const& weight : worst) text += weight.ignore_line + "\n";
  return text;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<char const*, 5> kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string ignore_line(std::string_view path, IgnoreRules syntax) {
  if (path.ends_with('/')) path.remove_suffix(1);
  // Blanks at the end do not count: git wants the last escaped, the service's rules want them in brackets. Those at the
  // front, and `#` and `!`, are no matter behind a slash.
  auto kept = path;
  if (syntax == IgnoreRules::service) {
    auto const marked = "/" + std::string(path);  // so that blanks at the front stay
    kept = path.substr(0, without_blanks(marked).size() - 1);
  }
  std::string line = "/";
  for (char const c : kept) {
    if (c == '\\' || c == '*' || c == '?' || c == '[') line += '\\';
    line += c;
  }
  if (syntax == IgnoreRules::git && line.ends_with(' ')) line.insert(line.size() - 1, "\\");
  for (auto blanks = path.substr(kept.size()); !blanks.empty();) {
    std::size_t length = 1;
    while (length < blanks.size() && (static_cast<unsigned char>(blanks[length]) & 0xC0) == 0x80) ++length;
    line.append("[").append(blanks.substr(0, length)).append("]");
    blanks.remove_prefix(length);
  }
  return line;
}

std::vector<SnapshotWeight> heaviest(Plan const& plan, std::size_t count, WeighedBy by, IgnoreRules syntax) {
  auto const heavier = [&](Node const& a, Node const& b) {
    return a.weight(by) != b.weight(by) ? a.weight(by) > b.weight(by) : a.first < b.first;
  };
  auto nodes = children(plan, {.first = 0, .last = plan.files.size()});
  std::sort(nodes.begin(), nodes.end(), heavier);
  std::size_t opened = 0;
  for (std::size_t i = 0; i < std::min(nodes.size(), count) && opened < kOpenMax; ++i) {
    while (nodes[i].depth != 0 && opened++ < kOpenMax) {
      auto within = children(plan, nodes[i]);
      std::sort(within.begin(), within.end(), heavier);
      auto const part = static_cast<double>(within.front().weight(by));
      if (part < kNearlyAll * static_cast<double>(nodes[i].weight(by)) || within.front().weight(by) == 0) break;
      nodes.erase(nodes.begin() + static_cast<std::ptrdiff_t>(i));
      nodes.insert(nodes.end(), within.begin(), within.end());
      std::sort(nodes.begin() + static_cast<std::ptrdiff_t>(i), nodes.end(), heavier);
    }
  }
  if (nodes.size() > count) nodes.resize(count);
  std::vector<SnapshotWeight> weights;
  for (auto const& node : nodes) {
    auto const& path = plan.files[node.first].path;
    SnapshotWeight weight{.path = node.depth == 0 ? path : path.substr(0, node.depth),
                          .bytes = node.bytes,
                          .files = node.last - node.first};
    weight.ignore_line = ignore_line(weight.path, syntax);
    weights.push_back(std::move(weight));
  }
  return weights;
}

void check_limits(Plan& plan, SnapshotOptions const& options) {
  auto const held = [&](WeighedBy by) {
    return by == WeighedBy::bytes ? size_text(plan.bytes) : std::to_string(plan.files.size()) + " files";
  };
  auto const amount = [&](WeighedBy by) { return by == WeighedBy::bytes ? plan.bytes : plan.files.size(); };
  auto const limit_text = [](WeighedBy by, std::uint64_t limit) {
    return by == WeighedBy::bytes ? size_text(limit) : std::to_string(limit);
  };
  std::vector<Fault> faults;
  auto const check_most = [&](WeighedBy by, std::optional<std::uint64_t> const& most, std::string const& name) {
    if (!most || amount(by) <= *most) return;
    auto const worst = heaviest(plan, kWorst, by, options.ignore);
    faults.push_back({.field = "source_directory",
                      .problem = limit_problem(held(by), "the " + limit_text(by, *most) + " of " + name, worst),
                      .remedy = ignore_lines(plan, worst)});
  };
  check_most(WeighedBy::bytes, options.bytes_max, "bytes_max");
  check_most(WeighedBy::files, options.files_max, "files_max");
  if (!faults.empty())
    throw core::validation_error("the folder " + shown(plan.root.string()) + " cannot be captured", std::move(faults));
  auto const warn = [&](WeighedBy by, std::uint64_t limit, std::string const& name) {
    if (limit == 0 || amount(by) <= limit) return;
    auto const worst = heaviest(plan, 3, by, options.ignore);
    auto text = "the snapshot of " + shown(plan.root.string()) + " " +
                limit_problem(held(by), "the " + limit_text(by, limit) + " of " + name, worst) + "; leave out with " +
                plan.ignore_file + " what the run does not need (the first is left out by the line " +
                worst.front().ignore_line + "), or raise " + name;
    plan.warnings.push_back(std::move(text));
  };
  warn(WeighedBy::bytes, options.bytes_warn, "bytes_warn");
  warn(WeighedBy::files, options.files_warn, "files_warn");
}

}  // namespace azureml::snapshot
