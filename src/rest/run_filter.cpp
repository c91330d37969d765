#include "rest/run_records.hpp"

#include <algorithm>

namespace azureml::rest {

namespace {

/// What can stand in an expression without quotes. `null` would be read as the absence of a value.
bool is_bare(std::string_view text) {
  constexpr std::string_view kBare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !text.empty() && text.find_first_not_of(kBare) == std::string_view::npos && text != "null";
}

void add_term(std::string& text, std::string const& term) {
  text += (text.empty() ? "(" : " and (") + term + ")";
}

void add_map(std::string& text, std::string const& field, StringMap const& wanted) {
  for (auto const& [key, value] : wanted) {
    if (!is_bare(key)) continue;
    auto const name = field + "/" + key;
    if (value.empty())
      add_term(text, name + " ne null or " + name + " eq null");
    else if (is_bare(value))
      add_term(text, name + " eq " + value);
  }
}

bool has_all(StringMap const& there, StringMap const& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](auto const& pair) {
    auto const found = there.find(pair.first);
    return found != there.end() && (pair.second.empty() || found->second == pair.second);
  });
}

bool has_type(RunResource const& run, std::string const& type) {
  if (run.type == type) return true;
  auto const source = run.properties.find("azureml.runsource");
  return source != run.properties.end() && source->second == type;
}

}  // namespace

std::string filter_text(RunFilter const& filter) {
  std::string text;
  add_map(text, "Tags", filter.tags);
  add_map(text, "Properties", filter.properties);
  if (is_bare(filter.status)) add_term(text, "Status eq " + filter.status);
  if (is_bare(filter.type))
    add_term(text, "RunType eq " + filter.type + " or Properties/azureml.runsource eq " + filter.type);
  if (filter.only_top_level) add_term(text, "ParentRunId eq null");
  return text;
}

bool matches(RunFilter const& filter, RunResource const& run) {
  return has_all(run.tags, filter.tags) && has_all(run.properties, filter.properties) &&
         (filter.status.empty() || run.status == filter.status) &&
         (filter.type.empty() || has_type(run, filter.type)) &&
         (!filter.only_top_level || run.parent_run_id.empty()) &&
         (!filter.hidden || run.hidden == *filter.hidden);
}

}  // namespace azureml::rest
