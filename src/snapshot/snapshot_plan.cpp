#include "snapshot/limits.hpp"
#include "snapshot/snapshot.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace azureml {

namespace {

constexpr std::size_t kLargest = 10;

/// Writes JSON piece by piece: a plan may hold a million files.
class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void begin(char bracket) {
    text_ += bracket;
    ++depth_;
    is_first_ = true;
  }
  void end(char bracket) {
    --depth_;
    if (!is_first_) new_line();
    text_ += bracket;
    is_first_ = false;
  }
  void next() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
    new_line();
  }
  void key(char const* name) {
    next();
    write_key(name);
  }
  /// A member of an object on one line.
  void member(char const* name, bool is_first) {
    if (!is_first) text_ += indent_ < 0 ? "," : ", ";
    write_key(name);
  }
  void value(std::string_view text) {
    text_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  void value(std::uint64_t number) { text_ += std::to_string(number); }
  void raw(char c) { text_ += c; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void write_key(char const* name) { text_.append("\"").append(name).append(indent_ < 0 ? "\":" : "\": "); }
  void new_line() {
    if (indent_ < 0) return;
    text_ += '\n';
    text_.append(static_cast<std::size_t>(indent_ * depth_), ' ');
  }

  int indent_, depth_ = 0;
  bool is_first_ = true;
  std::string text_{};
};

}  // namespace

SnapshotPlan snapshot_plan(std::filesystem::path const& source_directory, SnapshotOptions const& options,
                           Context const& context) {
  auto plan = snapshot::make_plan(source_directory, options, context.stop);
  SnapshotPlan result{.root = plan.root, .bytes = plan.bytes, .warnings = std::move(plan.warnings)};
  result.largest = snapshot::heaviest(plan, kLargest, snapshot::WeighedBy::bytes, options.ignore);
  result.files.reserve(plan.files.size());
  for (auto& file : plan.files) result.files.push_back({.path = std::move(file.path), .size = file.size});
  result.excluded.reserve(plan.excluded.size());
  for (auto& excluded : plan.excluded)
    result.excluded.push_back({.path = std::move(excluded.path),
                               .rule = std::move(excluded.rule),
                               .rule_file = std::move(excluded.rule_file),
                               .rule_line = excluded.rule_line});
  return result;
}

std::string to_json(SnapshotPlan const& plan, int indent) {
  Writer out(indent);
  auto const list = [&](char const* name, auto const& items, auto const& write) {
    out.key(name);
    out.begin('[');
    for (auto const& item : items) {
      out.next();
      write(item);
    }
    out.end(']');
  };
  out.begin('{');
  out.key("root");
  out.value(plan.root.string());
  list("files", plan.files, [&](SnapshotFile const& file) {
    out.raw('{');
    out.member("path", true), out.value(file.path);
    out.member("size", false), out.value(file.size);
    out.raw('}');
  });
  list("excluded", plan.excluded, [&](SnapshotExclusion const& excluded) {
    out.raw('{');
    out.member("path", true), out.value(excluded.path);
    out.member("rule", false), out.value(excluded.rule);
    out.member("rule_file", false), out.value(excluded.rule_file);
    out.member("rule_line", false), out.value(static_cast<std::uint64_t>(excluded.rule_line));
    out.raw('}');
  });
  out.key("bytes");
  out.value(plan.bytes);
  list("largest", plan.largest, [&](SnapshotWeight const& weight) {
    out.raw('{');
    out.member("path", true), out.value(weight.path);
    out.member("bytes", false), out.value(weight.bytes);
    out.member("files", false), out.value(weight.files);
    out.member("ignore_line", false), out.value(weight.ignore_line);
    out.raw('}');
  });
  list("warnings", plan.warnings, [&](std::string const& warning) { out.value(warning); });
  out.end('}');
  return out.take();
}

}  // namespace azureml
