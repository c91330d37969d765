#include "api/register_datastore.hpp"

#include "api/polling.hpp"
#include "base/encoding.hpp"
#include "core/faults.hpp"
#include "core/make_error.hpp"

#include <algorithm>

namespace azureml::api {

namespace {

constexpr std::string_view kSmallLetters = "abcdefghijklmnopqrstuvwxyz0123456789";

bool consists_of(std::string const& text, std::string_view more) {
  return std::ranges::all_of(text, [&](char c) {
    return kSmallLetters.find(c) != std::string_view::npos || more.find(c) != std::string_view::npos;
  });
}

void check_name(std::string const& name, core::Faults& faults) {
  if (name.empty()) return faults.add("datastore_name", "is empty", "choose a name");
  if (!consists_of(name, "_"))
    faults.add("datastore_name", "'" + name + "' has other characters than lower-case letters, digits and '_'",
               "the service would change it: write it so");
}

/// Of a container or a share, and of an account.
void check_storage_name(std::string const& field, std::string const& name, core::Faults& faults) {
  auto const dollar = name.starts_with('$') ? name.substr(1) : name;  // `$web`, `$root`
  if (name.empty()) return faults.add(field, "is empty", "take it from the storage account's page in the Azure portal");
  if (!consists_of(dollar, "-"))
    faults.add(field, "'" + name + "' has other characters than lower-case letters, digits and '-'",
               "take it from the storage account's page in the Azure portal");
}

/// Reads the secrets from their sources. Their text is repeated nowhere.
rest::StorageSecret reveal(Secret const& sas_token, Secret const& account_key, core::Faults& faults) {
  if (!sas_token.empty() && !account_key.empty()) {
    faults.add("account_key", "there is a sas_token too", "give one of the two");
    return {};
  }
  rest::StorageSecret secret;
  if (!account_key.empty()) {
    secret.account_key = account_key.reveal();
    auto const bytes = base::from_base64(secret.account_key);
    if (!bytes || bytes->empty()) faults.add("account_key", "is not base64", "copy it whole, and nothing else");
  }
  if (!sas_token.empty()) {
    secret.sas_token = sas_token.reveal();
    if (secret.sas_token.find("sig=") == std::string::npos || secret.sas_token.find("://") != std::string::npos)
      faults.add("sas_token", "is no signature", "give what stands behind the '?' of a signed address");
  }
  return secret;
}

struct Registration {
  rest::DatastoreResource resource{};
  rest::StorageSecret secret{};
  bool overwrite = false, skip_validation = false, grant_workspace_access = false;
};

/// Without `overwrite` a datastore of the name is looked for first: the service's own operation replaces.
Datastore send(WorkspacePtr const& workspace, Registration const& registration, Context const& context) {
  auto const& name = registration.resource.name;
  Deadline const deadline(context, workspace->clock());
  auto const what = "registering the datastore '" + name + "'";
  if (!registration.overwrite) {
    bool found = true;
    try {
      rest::get_datastore(workspace->connection, name, deadline.next(what));
    } catch (NotFoundError const&) {
      found = false;  // A workspace that does not exist is found out by the next request.
    }
    if (found)
      throw core::make_error<ServiceError>("cannot register the datastore '" + name +
                                               "': the workspace has one of the name; choose another, or set overwrite",
                                           {.status = 409, .code = "Conflict"});
  }
  auto registered =
      rest::put_datastore(workspace->connection, registration.resource, registration.secret,
                          registration.skip_validation, registration.grant_workspace_access, deadline.next(what));
  return detail::Access::make_handle<Datastore>(workspace, std::move(registered));
}

std::string or_default(std::string const& text, char const* fallback) {
  return text.empty() ? fallback : text;
}

void check_place(std::string const& protocol, std::string const& endpoint, core::Faults& faults) {
  if (!protocol.empty() && protocol != "https" && protocol != "http")
    faults.add("protocol", "'" + protocol + "' is neither \"https\" nor \"http\"", "leave it out for https");
  if (!consists_of(base::to_lower_ascii(endpoint), ".-:[]"))
    faults.add("endpoint", "'" + endpoint + "' is no host",
               "write only the host behind \"blob.\", such as core.windows.net, or host:port of an emulator");
}

}  // namespace

Datastore register_container(WorkspacePtr const& workspace, BlobContainerOptions const& options,
                             Context const& context) {
  core::Faults faults;
  check_name(options.datastore_name, faults);
  check_storage_name("container_name", options.container_name, faults);
  check_storage_name("account_name", options.account_name, faults);
  check_place(options.protocol, options.endpoint, faults);
  if (options.grant_workspace_access && (options.subscription_id.empty() || options.resource_group.empty()))
    faults.add("grant_workspace_access", "subscription_id and resource_group of the storage account are not both given",
               "give both");
  auto secret = reveal(options.sas_token, options.account_key, faults);
  if (!faults.empty()) throw core::validation_error("the datastore cannot be registered", faults.take());
  return send(workspace,
              {.resource = {.name = options.datastore_name,
                            .type = "AzureBlob",
                            .description = options.description,
                            .account_name = options.account_name,
                            .container_name = options.container_name,
                            .endpoint = or_default(options.endpoint, "core.windows.net"),
                            .protocol = or_default(options.protocol, "https"),
                            .subscription_id = options.subscription_id,
                            .resource_group = options.resource_group,
                            .tags = options.tags},
               .secret = std::move(secret),
               .overwrite = options.overwrite,
               .skip_validation = options.skip_validation,
               .grant_workspace_access = options.grant_workspace_access},
              context);
}

Datastore register_share(WorkspacePtr const& workspace, FileShareOptions const& options, Context const& context) {
  core::Faults faults;
  check_name(options.datastore_name, faults);
  check_storage_name("file_share_name", options.file_share_name, faults);
  check_storage_name("account_name", options.account_name, faults);
  check_place(options.protocol, options.endpoint, faults);
  if (options.sas_token.empty() && options.account_key.empty())
    faults.add("account_key", "neither account_key nor sas_token is given",
               "a file share is opened by one of them only");
  auto secret = reveal(options.sas_token, options.account_key, faults);
  if (!faults.empty()) throw core::validation_error("the datastore cannot be registered", faults.take());
  return send(workspace,
              {.resource = {.name = options.datastore_name,
                            .type = "AzureFile",
                            .description = options.description,
                            .account_name = options.account_name,
                            .container_name = options.file_share_name,
                            .endpoint = or_default(options.endpoint, "core.windows.net"),
                            .protocol = or_default(options.protocol, "https"),
                            .tags = options.tags},
               .secret = std::move(secret),
               .overwrite = options.overwrite,
               .skip_validation = options.skip_validation},
              context);
}

void make_default(WorkspacePtr const& workspace, std::string const& name, Context const& context) {
  Deadline const deadline(context, workspace->clock());
  auto const what = "making '" + name + "' the default datastore";
  auto const api = workspace->discovery->get(workspace->connection, deadline.next(what)).api;
  rest::set_default_datastore(workspace->connection, api, name, deadline.next(what));
}

}  // namespace azureml::api

namespace azureml {

Datastore Workspace::get_default_datastore(Context const& context) const {
  auto found = rest::get_default_datastore(state_->connection, context);
  if (!found)
    throw core::make_error<NotFoundError>("workspace '" + name() + "' has no default datastore", {.status = 404});
  return detail::Access::make_handle<Datastore>(state_, std::move(*found));
}

Datastore Workspace::get_datastore(std::string_view name, Context const& context) const {
  return detail::Access::make_handle<Datastore>(state_,
                                                rest::get_datastore(state_->connection, std::string(name), context));
}

Pager<Datastore> Workspace::get_datastores() const {
  return Pager<Datastore>([workspace = state_](std::string const& continuation) {
    auto found = rest::list_datastores(workspace->connection, continuation, Context{});
    Pager<Datastore>::Page page{.next = std::move(found.next)};
    for (auto& datastore : found.items)
      page.items.push_back(detail::Access::make_handle<Datastore>(workspace, std::move(datastore)));
    return page;
  });
}

void Workspace::set_default_datastore(std::string_view name, Context const& context) const {
  api::make_default(state_, std::string(name), context);
}

Datastore Workspace::register_azure_blob_container(BlobContainerOptions const& options, Context const& context) const {
  return api::register_container(state_, options, context);
}

Datastore Workspace::register_azure_file_share(FileShareOptions const& options, Context const& context) const {
  return api::register_share(state_, options, context);
}

}  // namespace azureml
