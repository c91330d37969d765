#include "base/redact.hpp"
#include "core/checks.hpp"
#include "core/compute_path.hpp"
#include "core/names.hpp"
#include "core/packages.hpp"
#include "core/references.hpp"

#include <azureml/estimator.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

namespace azureml::core {
namespace {

// The folder of ./outputs and the logs, which every run has.
constexpr std::string_view kDefaultName = "default";

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// Whether the wire and a shell variable can bear the name.
bool check_name(std::string const& name, std::string const& field, Faults& faults) {
  if (!is_identifier(name)) {
    faults.add(field, "the name '" + name + "' cannot be that of a variable",
               "name it with letters, digits and '_', not a digit first");
    return false;
  }
  if (name == kDefaultName) {
    faults.add(field, "the name 'default' is the service's own for the run's files", "choose another name");
    return false;
  }
  return true;
}

void check_datastore(DataReference const& data, std::string const& field, Faults& faults) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (data.datastore.empty() || data.datastore.find_first_not_of(kAllowed) != std::string::npos) {
    faults.add(field, "'" + data.datastore + "' is not a datastore's name",
               "take the reference from a datastore of the workspace");
  }
  auto const& path = data.path_on_datastore;
  if (!is_datastore_path(path)) {
    faults.add(field, "'" + path + "' is not a path on a datastore",
               "write folders with '/', without '..', '\\', '?' and '#'");
  }
}

void check_compute_path(DataReference const& data, std::string const& field, Faults& faults) {
  if (data.path_on_compute.empty()) return;
  auto const& path = data.path_on_compute;
  if (!check_text(path, field, faults)) return;
  if (path.starts_with('/') || has_parent_step(path)) {
    faults.add(field, "path_on_compute '" + path + "' leaves the run's working directory",
               "give a path relative to it, without '..'");
  } else if (normal_compute_path(path).empty() || is_run_folder(normal_compute_path(path))) {
    faults.add(field, "path_on_compute '" + path + "' is a folder that every run has", "choose another folder");
  }
}

/// What has been said so far about each name, across references, inputs and outputs.
class NameTable {
 public:
  explicit NameTable(Faults& faults) : faults_(faults) {}

  /// `content` tells two things of one name apart; the same said twice is no fault.
  void add(std::string const& name, std::string const& content, std::string const& field) {
    auto const [known, is_new] = names_.try_emplace(name, Entry{content, field});
    if (is_new || known->second.content == content) return;
    faults_.add(field, "the name '" + name + "' stands for something else at " + known->second.field,
                "give one of the two a name of its own");
  }

 private:
  struct Entry {
    std::string content, field;
  };
  Faults& faults_;
  std::map<std::string, Entry> names_{};
};

std::string content_of(DataReference const& data) {
  return "reference " + std::to_string(static_cast<int>(data.mode)) + (data.overwrite ? "!" : "") +
         datastore_uri(data) + "\n" + normal_compute_path(data.path_on_compute);
}

bool is_address(std::string const& address) {
  constexpr std::array<std::string_view, 6> kSchemes{"azureml:", "https://", "http://",
                                                     "wasbs://", "wasb://",  "abfss://"};
  return std::ranges::any_of(
      kSchemes, [&](std::string_view scheme) { return address.starts_with(scheme) && address.size() > scheme.size(); });
}

bool has_signature(std::string const& address) {
  auto const query = address.find('?');
  return query != std::string::npos &&
         (address.find("sig=", query) != std::string::npos || address.find("token=", query) != std::string::npos);
}

void check_address(std::string const& address, std::string const& field, Faults& faults) {
  if (!is_address(address)) {
    auto const problem =
        address.empty() ? "nothing is given" : "'" + base::redact_url(address) + "' is not an address of data";
    faults.add(field, problem,
               "name a file or folder of this machine, or write azureml:name:version, azureml://… or https://…");
  } else if (has_signature(address) || has_credentials(address)) {
    faults.add(field,
               "'" + base::redact_url(address) +
                   "' carries a signature or password, and everybody in the workspace can read a job",
               "refer to it by a datastore of the workspace");
  } else if (!is_plain_text(address) || has_control_character(address) || address.find(' ') != std::string::npos) {
    faults.add(field, "'" + base::redact_url(address) + "' is not an address of data", "write blanks as %20");
  }
}

/// A path of this machine, whose file or folder `submit` uploads. Its last part becomes part of a path at the compute.
void check_local_path(Input const& input, std::string const& field, Faults& faults) {
  if (!check_text(input.address, field + ".address", faults)) return;
  auto const shown = "'" + base::redact_url(input.address) + "'";
  std::error_code error;
  auto const status = std::filesystem::status(input.address, error);
  if (!std::filesystem::exists(status)) {
    auto const folder = std::filesystem::path(input.address).is_absolute()
                            ? std::string{}
                            : " in '" + std::filesystem::current_path(error).string() + "'";
    faults.add(field + ".address", "there is no file or folder " + shown + folder,
               "name one of this machine, or write azureml:name:version, azureml://… or https://…");
  } else if (std::filesystem::is_directory(status) && input.type == "uri_file") {
    faults.add(field + ".type", shown + " is a folder", "leave the type out, or name a file");
  } else if (!std::filesystem::is_directory(status) && !std::filesystem::is_regular_file(status)) {
    faults.add(field + ".address", shown + " is neither a file nor a folder", "name one of this machine");
  } else if (auto const name = local_name(input.address);
             name.empty() || !is_datastore_path(name) || name.find_first_of("\"$`") != std::string::npos) {
    faults.add(field + ".address", "the name '" + name + "' cannot be part of a path at the compute",
               "rename it, without '\"', '$', '`', '\\', '?' and '#'");
  }
}

void check_input(Input const& input, std::string const& field, NameTable& names, Faults& faults) {
  if (input.reference) {
    if (!input.name.empty() || !input.address.empty()) {
      faults.add(field, "it has a reference and a name or address too",
                 "name the reference itself, and leave out the address");
    }
    return;
  }
  if (input.address.empty() || has_data_scheme(input.address))
    check_address(input.address, field + ".address", faults);
  else
    check_local_path(input, field, faults);
  if (input.mode == DataMode::upload)
    faults.add(field + ".mode", "an input cannot be uploaded", "make it an element of outputs");
  if (input.type != "uri_folder" && input.type != "uri_file") {
    faults.add(field + ".type", "'" + input.type + "' is not known", "write \"uri_folder\" or \"uri_file\"");
  }
  if (check_name(input.name, field + ".name", faults)) {
    names.add(input.name, "input " + std::to_string(static_cast<int>(input.mode)) + input.type + input.address, field);
  }
}

void check_output(std::string const& name, Output const& output, NameTable& names, Faults& faults) {
  auto const field = "outputs[\"" + name + "\"]";
  if (check_name(name, field, faults)) names.add(name, "output", field);
  if (output.mode == DataMode::download) {
    faults.add(field + ".mode", "an output cannot be downloaded",
               "use DataMode::mount or DataMode::upload, or make it an element of inputs");
  }
  if (!output.address.empty() && !output.address.starts_with("azureml://")) {
    faults.add(field + ".address", "'" + base::redact_url(output.address) + "' is not on a datastore",
               "write azureml://datastores/<name>/paths/<path>, or leave it out");
  } else if (!output.address.empty()) {
    check_address(output.address, field + ".address", faults);
  }
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (output.asset_name.find_first_not_of(kAllowed) != std::string::npos) {
    faults.add(field + ".asset_name", "'" + output.asset_name + "' is not a name of an asset",
               "use letters, digits, '_', '-' and '.'");
  }
}

/// Two links at one place, or one within what another brings.
void check_compute_paths(std::vector<PlacedReference> const& references, Faults& faults) {
  std::map<std::string, PlacedReference const*> taken;
  for (auto const& reference : references) {
    auto const path = normal_compute_path(reference.data.path_on_compute);
    if (path.empty()) continue;
    for (auto const& [other, owner] : taken) {
      if (owner->data.name == reference.data.name) continue;
      if (is_same_or_within(path, other) || is_same_or_within(other, path)) {
        faults.add(reference.field, "path_on_compute '" + path + "' meets '" + other + "' of " + owner->field,
                   "choose another folder for one of them");
        break;
      }
    }
    taken.try_emplace(path, &reference);
  }
}

}  // namespace

void check_data(Estimator const& estimator, Faults& faults) {
  NameTable names(faults);
  auto const references = references_of(estimator);
  for (auto const& [data, field] : references) {
    check_datastore(data, field, faults);
    check_compute_path(data, field, faults);
    if (check_name(data.name, field, faults)) names.add(data.name, content_of(data), field);
  }
  check_compute_paths(references, faults);
  for (std::size_t index = 0; index < estimator.inputs.size(); ++index) {
    check_input(estimator.inputs[index], "inputs[" + std::to_string(index) + "]", names, faults);
  }
  for (auto const& [name, output] : estimator.outputs) check_output(name, output, names, faults);
  if (estimator.resume_from && estimator.resume_from->mode == DataMode::upload) {
    faults.add("resume_from", "a model to resume from cannot be uploaded by the run",
               "use as_mount() or as_download()");
  }
  if (!estimator.source_directory_data_store.empty()) {
    faults.add("source_directory_data_store",
               "the service's jobs have no form of it: the source directory goes to the workspace's own store",
               "leave it out");
  }
}

}  // namespace azureml::core
