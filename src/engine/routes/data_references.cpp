#include "engine/routes/data_references.hpp"

#include "base/encoding.hpp"
#include "engine/routes/data_places.hpp"
#include "engine/routes/job_input.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/wire.hpp"

namespace azureml::engine::routes {
namespace {

using runner::DataUri;

constexpr char kForms[] =
    "use azureml://datastores/<name>/paths/<path>, a data asset (azureml:<name>:<version>), a job's output or an "
    "http(s) address";

bool is_of_this_workspace(DataUri const& uri, store::Identity const& identity) {
  static std::string const kScope =
      base::to_lower_ascii(std::string(kSubscription) + "/" + kResourceGroup + "/" + kWorkspace);
  return uri.scope.empty() || uri.scope == kScope || base::equal_ignoring_case(uri.scope, identity.workspace_id);
}

std::string fault_of_datastore(DataUri const& uri, store::Store& store, store::Identity const& identity) {
  auto const datastore = find_datastore(store, identity, uri.name);
  if (!datastore) return "is on the datastore '" + uri.name + "', which does not exist";
  if (datastore->type != "AzureBlob") {
    return "is on the datastore '" + uri.name + "', a file share (" + datastore->type +
           "): its data is not held by this engine";
  }
  if (datastore->account != identity.storage_account) {
    return "is on the datastore '" + uri.name + "' of the storage account '" + datastore->account +
           "': its data is not held by this engine";
  }
  if (!is_own_datastore(uri.name) && !has_container(store, identity, datastore->container)) {
    return "is on the datastore '" + uri.name + "', whose container '" + datastore->container + "' does not exist";
  }
  return {};
}

std::string fault_of_job_output(DataUri const& uri, store::Store& store) {
  auto const job = is_job_name(uri.name) ? store.find_job(uri.name) : std::nullopt;
  if (!job) return "is an output of the job '" + uri.name + "', which does not exist";
  if (uri.output.empty() || uri.output == "default") return {};
  auto const definition = json::parse(job->definition, nullptr, false);
  if (definition.is_object() && definition.value("outputs", json::object()).contains(uri.output)) return {};
  return "is the output '" + uri.output + "' of the job '" + uri.name + "', which has no output of that name";
}

std::string fault_of_asset(DataUri const& uri, store::Store& store, store::Identity const& identity) {
  auto const data = find_data(store, uri);
  if (!data) {
    return "is the data asset '" + uri.name + "' in " +
           (uri.version.empty() ? "its latest version" : "version '" + uri.version + "'") + ", which does not exist";
  }
  auto const inner = runner::parse_data_uri(data->uri);
  if (inner && inner->kind == DataUri::Kind::asset)
    return "is the data asset '" + data->name + "', which is itself the name of another one";
  auto const fault = fault_of_source(data->uri, store, identity);
  return fault.empty() ? fault
                       : "is the data asset '" + data->name + "' version '" + data->version + "', which " + fault;
}

}  // namespace

std::optional<store::DataRecord> find_data(store::Store& store, DataUri const& uri) {
  if (!uri.version.empty()) return store.find_data(uri.name, uri.version);
  for (auto& each : store.list_data_versions(uri.name)) {
    if (!each.archived) return std::move(each);
  }
  return std::nullopt;
}

std::string fault_of_source(std::string const& address, store::Store& store, store::Identity const& identity) {
  auto const uri = runner::parse_data_uri(address);
  if (!uri) return "has the address '" + shown_address(address) + "', which this engine cannot read; " + kForms;
  if (!is_of_this_workspace(*uri, identity))
    return "has the address '" + shown_address(address) + "', which is one of another workspace";
  switch (uri->kind) {
    case DataUri::Kind::datastore:
      return fault_of_datastore(*uri, store, identity);
    case DataUri::Kind::asset:
      return fault_of_asset(*uri, store, identity);
    case DataUri::Kind::job_output:
      return fault_of_job_output(*uri, store);
    case DataUri::Kind::web:
      return {};
    case DataUri::Kind::foreign:
      break;
  }
  return "has the address '" + shown_address(address) + "', whose storage this engine cannot reach; " + kForms;
}

std::string fault_of_target(std::string const& address, store::Store& store, store::Identity const& identity) {
  auto const uri = runner::parse_data_uri(address);
  if (!uri || uri->kind != DataUri::Kind::datastore) {
    return "has the address '" + shown_address(address) +
           "', to which this engine cannot write; use azureml://datastores/<name>/paths/<path>";
  }
  if (!is_of_this_workspace(*uri, identity))
    return "has the address '" + shown_address(address) + "', which is one of another workspace";
  if (base::equal_ignoring_case(uri->name, kArtifactStore)) {
    return "is on the datastore 'workspaceartifactstore', which holds the artifacts of runs alone; use another "
           "datastore";
  }
  return fault_of_datastore(*uri, store, identity);
}

std::string shown_address(std::string const& address) {
  constexpr std::size_t kShownMax = 300;
  auto text = address.substr(0, address.find('?'));
  // `https://user:password@host`
  if (auto const scheme = text.find("://"); scheme != std::string::npos) {
    auto const at = text.rfind('@', text.find('/', scheme + 3));
    if (at != std::string::npos && at > scheme && text.starts_with("http")) text.erase(scheme + 3, at - scheme - 2);
  }
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "…";
  return text;
}

std::string canonical_address(std::string const& address) {
  auto const uri = runner::parse_data_uri(address);
  if (!uri) return address;
  auto const& [kind, name, version, output, path, scope] = *uri;
  switch (kind) {
    case DataUri::Kind::datastore:
      return "datastore\n" + base::to_lower_ascii(name) + "\n" + path;
    case DataUri::Kind::asset:
      return "asset\n" + name + "\n" + version;
    case DataUri::Kind::job_output:
      return "job\n" + name + "\n" + output + "\n" + path;
    case DataUri::Kind::web:
    case DataUri::Kind::foreign:
      break;
  }
  // A host alone is its top folder.
  auto const host = name.find("://");
  return host != std::string::npos && name.find('/', host + 3) == std::string::npos ? name + "/" : name;
}

std::string long_address(std::string const& address) {
  auto const uri = runner::parse_data_uri(address);
  if (!uri || uri->kind != DataUri::Kind::datastore) return address;
  return std::string("azureml://subscriptions/") + kSubscription + "/resourcegroups/" + kResourceGroup +
         "/workspaces/" + kWorkspace + "/datastores/" + uri->name + "/paths/" + uri->path +
         (address.ends_with('/') && !uri->path.empty() ? "/" : "");
}

}  // namespace azureml::engine::routes
