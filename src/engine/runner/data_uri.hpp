#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace azureml::engine::runner {

/// What the address of a job's input or output says, without looking anything up.
struct DataUri {
  enum class Kind {
    datastore,  ///< `azureml://datastores/{name}/paths/{path}`, its long form with subscription, group and workspace,
                ///< and the form without
                ///< `/paths/` for `ExperimentRun/…`; `name`, `path` (no slash at its ends; empty: the whole datastore)
    asset,  ///< `azureml:{name}:{version}`, `azureml:{name}@latest`, ARM id of a data version,
            ///< `azureml://locations/…/data/…`: `name`, `version` (empty: the latest)
    job_output,  ///< `azureml://jobs/{name}/outputs/{output}/paths/{path}`, `runs:/{name}/{path}` (then output is
                 ///< empty)
    web,         ///< `http(s)://…`: `name` is the address
    foreign,     ///< `wasbs://`, `abfss://`, registries: known, and not reachable from here; `name` is the address
  };
  Kind kind{};
  std::string name{}, version{}, output{}, path{};
  /// The workspace that the address names, in lower case: `subscription/group/workspace`, or the workspace's id in
  /// `azureml://locations/…`. Empty: it names none, so this one is meant.
  std::string scope{};
  friend bool operator==(DataUri const&, DataUri const&) = default;
};

/// Nothing when the text is none of these, or its path would leave its place (`..`). Paths are taken as they stand, as
/// all clients write them: `%20` is three characters. Steps that are empty or `.` are left out, and the prefixes
/// `file:` and `folder:` are stripped.
std::optional<DataUri> parse_data_uri(std::string_view text);

}  // namespace azureml::engine::runner
