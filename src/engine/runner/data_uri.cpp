#include "engine/runner/data_uri.hpp"

#include "base/encoding.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace azureml::engine::runner {
namespace {

using Parts = std::vector<std::string_view>;
constexpr std::size_t kAddressMax = 8192;
constexpr std::array<std::string_view, 7> kForeignSchemes{"wasb://", "wasbs://", "abfs://", "abfss://",
                                                          "adl://",  "s3://",    "gs://"};

bool begins(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && base::equal_ignoring_case(text.substr(0, with.size()), with);
}

/// The steps between slashes; a slash at the end adds none.
Parts split(std::string_view text) {
  Parts parts;
  while (!text.empty()) {
    auto const end = std::min(text.find('/'), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// The steps from `first` on as a path; nothing when one leads up.
std::optional<std::string> path_from(Parts const& parts, std::size_t first) {
  std::string path;
  for (auto i = first; i < parts.size(); ++i) {
    if (parts[i] == "..") return std::nullopt;
    if (parts[i].empty() || parts[i] == ".") continue;
    if (!path.empty()) path += '/';
    path += parts[i];
  }
  return path;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                  c == '-';
         });
}

/// `datastores/{name}[/paths[/{path}]]` and `datastores/{name}/ExperimentRun/…`
std::optional<DataUri> datastore(Parts const& parts, std::string scope) {
  if (parts.size() < 2 || !is_name(parts[1])) return std::nullopt;
  std::size_t first = 2;
  if (parts.size() > 2) {
    if (base::equal_ignoring_case(parts[2], "paths")) {
      first = 3;
    } else if (parts[2] != "ExperimentRun") {
      return std::nullopt;
    }
  }
  auto path = path_from(parts, first);
  if (!path) return std::nullopt;
  return DataUri{.kind = DataUri::Kind::datastore,
                 .name = std::string(parts[1]),
                 .path = *std::move(path),
                 .scope = std::move(scope)};
}

std::optional<DataUri> asset(std::string_view name, std::string_view version, std::string scope) {
  if (!is_name(name) || (!version.empty() && !is_name(version))) return std::nullopt;
  return DataUri{.kind = DataUri::Kind::asset,
                 .name = std::string(name),
                 .version = std::string(version),
                 .scope = std::move(scope)};
}

/// `data/{name}/versions/{version}` and `data/{name}/labels/latest`
std::optional<DataUri> data_version(Parts const& parts, std::string scope) {
  if (parts.size() != 4) return std::nullopt;
  if (base::equal_ignoring_case(parts[2], "versions") && !parts[3].empty())
    return asset(parts[1], parts[3], std::move(scope));
  if (base::equal_ignoring_case(parts[2], "labels") && base::equal_ignoring_case(parts[3], "latest"))
    return asset(parts[1], {}, std::move(scope));
  return std::nullopt;
}

/// `outputs/{output}[/paths/{path}]` of a job
std::optional<DataUri> job_output(Parts const& parts) {
  if (parts.size() < 4 || !is_name(parts[1]) || !base::equal_ignoring_case(parts[2], "outputs") || !is_name(parts[3]))
    return std::nullopt;
  if (parts.size() > 4 && !base::equal_ignoring_case(parts[4], "paths")) return std::nullopt;
  auto path = path_from(parts, 5);
  if (!path) return std::nullopt;
  return DataUri{.kind = DataUri::Kind::job_output,
                 .name = std::string(parts[1]),
                 .output = std::string(parts[3]),
                 .path = *std::move(path)};
}

/// What follows `subscriptions/{s}/resourcegroups/{g}/[providers/{p}/]workspaces/{w}/`, and which workspace that is.
std::optional<std::pair<Parts, std::string>> in_workspace(Parts const& parts) {
  if (parts.size() < 7 || !base::equal_ignoring_case(parts[0], "subscriptions") ||
      !base::equal_ignoring_case(parts[2], "resourcegroups"))
    return std::nullopt;
  std::size_t const at = base::equal_ignoring_case(parts[4], "providers") ? 6 : 4;
  if (parts.size() < at + 3 || !base::equal_ignoring_case(parts[at], "workspaces")) return std::nullopt;
  auto scope =
      base::to_lower_ascii(std::string(parts[1]) + "/" + std::string(parts[3]) + "/" + std::string(parts[at + 1]));
  return std::pair(Parts(parts.begin() + static_cast<std::ptrdiff_t>(at) + 2, parts.end()), std::move(scope));
}

std::optional<DataUri> in_scope(Parts const& parts, std::string scope) {
  if (base::equal_ignoring_case(parts[0], "datastores")) return datastore(parts, std::move(scope));
  if (base::equal_ignoring_case(parts[0], "data")) return data_version(parts, std::move(scope));
  return std::nullopt;
}

/// What stands behind `azureml://`
std::optional<DataUri> long_form(std::string_view text, std::string_view whole) {
  auto const parts = split(text);
  if (parts.empty()) return std::nullopt;
  if (base::equal_ignoring_case(parts[0], "datastores")) return datastore(parts, {});
  if (base::equal_ignoring_case(parts[0], "jobs")) return job_output(parts);
  if (base::equal_ignoring_case(parts[0], "registries"))
    return DataUri{.kind = DataUri::Kind::foreign, .name = std::string(whole)};
  if (base::equal_ignoring_case(parts[0], "locations")) {
    if (parts.size() != 8 || !base::equal_ignoring_case(parts[2], "workspaces") ||
        !base::equal_ignoring_case(parts[4], "data"))
      return std::nullopt;
    return data_version(Parts(parts.begin() + 4, parts.end()), base::to_lower_ascii(parts[3]));
  }
  auto found = in_workspace(parts);
  return found ? in_scope(found->first, std::move(found->second)) : std::nullopt;
}

/// `name:version` and `name@latest`
std::optional<DataUri> short_asset(std::string_view text) {
  if (text.ends_with("@latest")) return asset(text.substr(0, text.size() - 7), {}, {});
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  return asset(text.substr(0, colon), text.substr(colon + 1), {});
}

std::optional<DataUri> run_path(std::string_view text) {
  auto const parts = split(text);
  if (parts.empty() || !is_name(parts[0])) return std::nullopt;
  auto path = path_from(parts, 1);
  if (!path) return std::nullopt;
  return DataUri{.kind = DataUri::Kind::job_output, .name = std::string(parts[0]), .path = *std::move(path)};
}

}  // namespace

std::optional<DataUri> parse_data_uri(std::string_view text) {
  for (std::string_view const prefix : {"file:", "folder:"}) {
    if (!begins(text, prefix)) continue;
    text.remove_prefix(prefix.size());
    break;
  }
  if (text.size() > kAddressMax ||
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return std::nullopt;
  for (std::string_view const scheme : {"http://", "https://"})
    if (begins(text, scheme)) {
      auto const host = text.find_first_of("/?#", scheme.size());
      if (std::min(host, text.size()) == scheme.size()) return std::nullopt;
      return DataUri{.kind = DataUri::Kind::web, .name = std::string(text)};
    }
  for (auto const scheme : kForeignSchemes)
    if (begins(text, scheme)) return DataUri{.kind = DataUri::Kind::foreign, .name = std::string(text)};
  if (begins(text, "azureml://")) return long_form(text.substr(10), text);
  if (begins(text, "azureml:")) {
    text.remove_prefix(8);
    if (!text.starts_with('/')) return short_asset(text);
  }
  if (begins(text, "runs:/")) return run_path(text.substr(std::min(text.find_first_not_of('/', 5), text.size())));
  if (begins(text, "/subscriptions/")) {
    auto found = in_workspace(split(text.substr(1)));
    return found && base::equal_ignoring_case(found->first[0], "data")
               ? in_scope(found->first, std::move(found->second))
               : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace azureml::engine::runner
