#include "engine/runner/resolve_data.hpp"

#include "base/encoding.hpp"
#include "base/redact.hpp"
#include "engine/runner/data_uri.hpp"
#include "engine/runner/run_failure.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
constexpr int kHopsMax = 8;
constexpr std::string_view kBlobStore = "workspaceblobstore", kArtifactStore = "workspaceartifactstore";
constexpr std::string_view kArtifactContainer = "azureml", kRunPrefix = "ExperimentRun/dcid.";
constexpr std::string_view kScope = "00000000-0000-0000-0000-000000000000/local/local";

/// Why an address leads nowhere; the caller knows for which input or output.
struct Missing {
  std::string code{}, reason{};
};

[[noreturn]] void missing(std::string reason) {
  throw Missing{"DataNotFound", std::move(reason)};
}
[[noreturn]] void unsupported(std::string reason) {
  throw Missing{"NotSupported", std::move(reason)};
}

std::string text_of(json const& object, char const* name) {
  auto const found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

json const* object_of(json const& object, char const* name) {
  auto const found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_object() ? &*found : nullptr;
}

std::string shown(std::string const& address) {
  return base::redact_text(address);
}

[[noreturn]] void fail(std::string const& what, std::string const& name, std::string const& address,
                       Missing const& why) {
  throw RunFailure({.code = why.code,
                    .message = "The job's " + what + " '" + name + "'" +
                               (address.empty() ? std::string{} : " (" + shown(address) + ")") +
                               " cannot be used: " + why.reason,
                    .phase = "preparing"});
}

/// What a shell takes within double quotes as it is.
std::string quotable(std::string const& address) {
  std::string text;
  for (char const c : address) {
    std::string const one(1, c);
    text += stands_in_quotes(one) ? one : base::percent_encode(one);
  }
  return text;
}

void replace_all(std::string& text, std::string_view what, std::string const& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

std::string joined(std::string const& folder, std::string const& path) {
  if (path.empty()) return folder;
  return folder + (folder.ends_with('/') ? "" : "/") + path;
}

std::string without_slash(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

bool is_file_type(json const& output) {
  return base::equal_ignoring_case(text_of(output, "jobOutputType"), "uri_file");
}

/// Where an output without an address goes; of a file with its name.
std::string default_output_address(std::string const& datastore, std::string const& run_id, std::string const& output,
                                   bool is_file) {
  auto const folder = "azureml://datastores/" + datastore + "/paths/azureml/" + run_id + "/" + output;
  return is_file ? folder + "/" + output : folder;
}

/// Where the output of a job goes, as the job says or as it is when it says nothing.
std::string output_address(json const& output, std::string const& name, std::string const& run_id,
                           std::string const& default_datastore) {
  auto address = text_of(output, "uri");
  replace_all(address, "${{name}}", run_id);
  replace_all(address, "${{output_name}}", name);
  replace_all(address, "${{default_datastore}}", default_datastore);
  if (address.empty()) return default_output_address(default_datastore, run_id, name, is_file_type(output));
  address = without_slash(std::move(address));
  // An address that the engine has chosen at submit is a folder's.
  bool const chosen = output.contains("uriSent") && text_of(output, "uriSent").empty();
  return chosen && is_file_type(output) ? address + "/" + name : address;
}

void check_asset_name(std::string const& name) {
  auto const good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (name.size() > 255 || !std::all_of(name.begin(), name.end(), good) || name.starts_with('.'))
    unsupported("it is to be registered as '" + name +
                "', and the name of a data asset has letters, digits, '.', '_' and '-' only.");
}

}  // namespace

struct DataResolver::Found {
  DataInput::Kind kind{};
  std::string source{};
};

DataResolver::DataResolver(store::Store& store, store::Home const& home, DataPlaces const& places)
    : store_(store), home_(home), places_(places) {}

std::string DataResolver::default_datastore() {
  auto name = store_.default_datastore();
  return name.empty() ? std::string(kBlobStore) : name;
}

void DataResolver::check_scope(std::string const& scope) const {
  if (scope.empty() || scope == kScope || scope == base::to_lower_ascii(places_.workspace_id)) return;
  unsupported("it names another workspace, '" + scope +
              "', which this engine cannot reach; bring the data to a datastore of this one.");
}

BlobAddress DataResolver::blob_of(std::string const& datastore, std::string const& path) {
  if (base::equal_ignoring_case(datastore, kBlobStore)) return {"azureml-blobstore-" + places_.workspace_id, path};
  if (base::equal_ignoring_case(datastore, kArtifactStore)) return {std::string(kArtifactContainer), path};
  auto const record = store_.find_datastore(base::to_lower_ascii(datastore));
  if (!record)
    missing("the datastore '" + datastore + "' does not exist in this workspace; register it, or correct its name.");
  if (record->account != places_.storage_account || !base::equal_ignoring_case(record->type, "AzureBlob"))
    unsupported("the datastore '" + datastore + "' is " + record->type + " storage of the account '" + record->account +
                "'; this engine reaches blobs of its own account only: upload the data to the datastore '" +
                std::string(kBlobStore) + "'.");
  if (!is_container_name(record->container))
    unsupported("the container of the datastore '" + datastore + "' has a name that is not allowed.");
  return {record->container, path};
}

DataResolver::Found DataResolver::artifacts(std::string const& run_id, std::string const& path) {
  if (run_id.find('/') != std::string::npos || run_id == "." || run_id == ".." || !store_.find_job(run_id))
    missing("the run '" + run_id + "' does not exist in this workspace.");
  auto const place = path.empty() ? home_.artifacts(run_id) : home_.artifacts(run_id) / path;
  std::error_code error;
  // Whatever a script has left there, a link is not followed on the way.
  auto const real = fs::canonical(place, error);
  auto const root = error ? fs::path() : fs::canonical(home_.artifacts(run_id), error);
  if (error || real != (path.empty() ? root : root / path))
    missing("the run '" + run_id + "' has no artifact '" + path + "'.");
  if (fs::is_directory(real, error)) return {DataInput::Kind::folder, place.string()};
  if (!fs::is_regular_file(real, error))
    missing("the artifact '" + path + "' of the run '" + run_id + "' is neither a file nor a folder.");
  return {DataInput::Kind::file, place.string()};
}

DataResolver::Found DataResolver::blobs(std::string const& container, std::string const& path) {
  if (container == kArtifactContainer) {
    if (!path.starts_with(kRunPrefix))
      missing("the store of artifacts is given to no script as a whole; name a run: ExperimentRun/dcid.{run}/{path}.");
    auto const slash = std::min(path.find('/', kRunPrefix.size()), path.size());
    return artifacts(path.substr(kRunPrefix.size(), slash - kRunPrefix.size()),
                     path.substr(std::min(slash + 1, path.size())));
  }
  auto const folder = home_.blobs() / container;
  if (path.empty()) return {DataInput::Kind::folder, folder.string()};
  // Clients write paths as they are; an address copied from elsewhere may be encoded.
  auto const decoded = base::percent_decode(path);
  for (auto const& name : {path, decoded.value_or(path)}) {
    if (!blob_name_fault(name).empty()) continue;
    if (store_.find_blob(container, name)) return {DataInput::Kind::file, (folder / name).string()};
    if (!store_.list_blobs(container, name + "/", {}, 1).items.empty())
      return {DataInput::Kind::folder, (folder / name).string()};
  }
  missing("nothing lies there; upload the data first, or correct the path.");
}

std::string DataResolver::address_of_asset(std::string const& name, std::string const& version) {
  std::optional<store::DataRecord> record;
  if (!version.empty()) {
    record = store_.find_data(name, version);
  } else {
    for (auto& each : store_.list_data_versions(name)) {
      if (each.archived) continue;
      record = std::move(each);
      break;
    }
  }
  if (!record)
    missing("the data asset '" + name + "', version '" + (version.empty() ? "latest" : version) +
            "', does not exist in this workspace.");
  return record->uri;
}

std::string DataResolver::address_of_output(std::string const& job, std::string const& output,
                                            std::string const& path) {
  auto const record = store_.find_job(job);
  if (!record) missing("the job '" + job + "' does not exist in this workspace.");
  if (!store::is_terminal(record->status))
    missing("the job '" + job + "' has not ended yet (it is " + record->status + ").");
  auto const definition = json::parse(record->definition, nullptr, false);
  auto const* outputs = object_of(definition, "outputs");
  auto const* found = outputs == nullptr ? nullptr : object_of(*outputs, output.c_str());
  if (found == nullptr) missing("the job '" + job + "' has no output '" + output + "'.");
  return joined(output_address(*found, output, job, default_datastore()), path);
}

DataResolver::Found DataResolver::follow(std::string address) {
  for (int hop = 0; hop < kHopsMax; ++hop) {
    auto const uri = parse_data_uri(address);
    if (!uri)
      missing("'" + shown(address) + "' is no address of a datastore, a data asset, a job's output or the web.");
    check_scope(uri->scope);
    switch (uri->kind) {
      case DataUri::Kind::datastore: {
        auto const blob = blob_of(uri->name, uri->path);
        return blobs(blob.container, blob.path);
      }
      case DataUri::Kind::web:
        if (auto const own =
                places_.storage_account.empty() ? std::nullopt : own_blob_address(uri->name, places_.storage_account))
          return blobs(own->container, own->path);
        return {DataInput::Kind::web, uri->name};
      case DataUri::Kind::foreign:
        unsupported("this engine cannot reach '" + shown(uri->name) +
                    "'; bring the data to a datastore of this workspace.");
      case DataUri::Kind::asset:
        address = address_of_asset(uri->name, uri->version);
        break;
      case DataUri::Kind::job_output:
        if (uri->output.empty() || uri->output == "default") return artifacts(uri->name, uri->path);
        address = address_of_output(uri->name, uri->output, uri->path);
        break;
    }
  }
  missing("its address leads from one to another without an end.");
}

DataInput DataResolver::input(std::string const& name, json const& input) {
  auto const type = base::to_lower_ascii(text_of(input, "jobInputType"));
  auto const mode = base::to_lower_ascii(text_of(input, "mode"));
  DataInput result{.name = name, .mount = mode.empty() || mode == "readonlymount", .address = text_of(input, "uri")};
  try {
    if (result.address.empty()) missing("it has no address (uri).");
    if (mode == "direct") {
      auto const uri = parse_data_uri(result.address);
      if (uri && uri->kind == DataUri::Kind::asset) {
        check_scope(uri->scope);
        result.address = address_of_asset(uri->name, uri->version);
      }
      result.address = quotable(result.address);
      result.kind = DataInput::Kind::text;
      return result;
    }
    if (!result.mount && mode != "download")
      unsupported("its mode is '" + text_of(input, "mode") +
                  "', and this engine gives inputs as ReadOnlyMount, Download or Direct.");
    auto const found = follow(result.address);
    if (found.kind == DataInput::Kind::folder && type == "uri_file")
      missing("it is of type uri_file, but a folder lies there; make it uri_folder.");
    if (found.kind == DataInput::Kind::web && type == "uri_folder")
      unsupported("it is of type uri_folder, and an address on the web names one file; make it uri_file.");
    result.kind = found.kind;
    result.source = found.source;
    result.mount = result.mount && found.kind != DataInput::Kind::web;
  } catch (Missing const& why) {
    fail("input", name, result.address, why);
  }
  return result;
}

DataOutput DataResolver::output(std::string const& name, json const& output, std::string const& run_id) {
  auto const type = base::to_lower_ascii(text_of(output, "jobOutputType"));
  auto const mode = base::to_lower_ascii(text_of(output, "mode"));
  bool const is_file = is_file_type(output);
  DataOutput result{.name = name,
                    .kind = is_file ? DataOutput::Kind::file : DataOutput::Kind::folder,
                    .address = output_address(output, name, run_id, default_datastore()),
                    .asset_name = text_of(output, "assetName"),
                    .asset_type = type.empty() ? "uri_folder" : type};
  try {
    if (mode == "direct") {
      result.address = quotable(result.address);
      result.kind = DataOutput::Kind::text;
      result.asset_name.clear();
      return result;
    }
    if (!mode.empty() && mode != "upload" && mode != "readwritemount")
      unsupported("its mode is '" + text_of(output, "mode") +
                  "', and this engine takes outputs as Upload, ReadWriteMount or Direct.");
    auto const uri = parse_data_uri(result.address);
    if (!uri) missing("'" + shown(result.address) + "' is no address of a datastore.");
    check_scope(uri->scope);
    check_asset_name(result.asset_name);
    auto const own = uri->kind == DataUri::Kind::web && !places_.storage_account.empty()
                         ? own_blob_address(uri->name, places_.storage_account)
                         : std::nullopt;
    if (!own && uri->kind != DataUri::Kind::datastore)
      unsupported("an output goes to a path on a datastore: azureml://datastores/{name}/paths/{path}.");
    auto const blob = own ? *own : blob_of(uri->name, uri->path);
    if (blob.container == kArtifactContainer)
      unsupported(
          "the store of artifacts is written through the folders outputs and logs only; choose another datastore.");
    if (!blob.path.empty())
      if (auto const fault = blob_name_fault(blob.path); !fault.empty())
        missing("the path cannot be one of blobs: " + fault + ".");
    if (is_file && blob.path.empty()) missing("it is of type uri_file, and the address names no file.");
    if (own) result.address = without_slash(result.address.substr(0, result.address.find_first_of("?#")));
    result.container = blob.container;
    result.directory = (home_.blobs() / blob.container).string();
    result.path = blob.path;
  } catch (Missing const& why) {
    fail("output", name, result.address, why);
  }
  return result;
}

}  // namespace azureml::engine::runner
