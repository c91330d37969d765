#include "cli/command.hpp"
#include "cli/estimator_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "cli/transfer_report.hpp"
#include "cli/workspace_options.hpp"

#include <azureml/datastore.hpp>
#include <azureml/pager.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>


namespace azureml::cli {

namespace {

constexpr std::size_t kListMax = 10'000;

std::string place(Datastore const& datastore) {
  if (datastore.account_name().empty()) return datastore.container_name();
  return datastore.account_name() + '/' + datastore.container_name();
}

std::string table(std::vector<Datastore> const& datastores) {
  std::vector<std::vector<std::string>> rows;
  for (auto const& one : datastores) rows.push_back({one.name() + (one.is_default() ? " (default)" : ""), one.type(), place(one)});
  return table_text(rows);
}

int list(Arguments const& arguments) {
  WorkspaceChoice choice;
  bool json = false;
  CLI::App app{"List the datastores: name, type, account and container."};
  app.add_flag("--json", json, "A JSON array");
  add_workspace_options(app, choice);
  parse(app, arguments);

  auto const datastores = open_workspace(choice).get_datastores().to_vector(kListMax);
  if (!json) return write_out(table(datastores)), kSuccess;
  auto array = nlohmann::ordered_json::array();
  for (auto const& one : datastores) array.push_back(nlohmann::ordered_json::parse(to_json(one, -1)));
  write_out(array.dump(2) + '\n');
  return kSuccess;
}

/// Which datastore a subcommand works with.
struct DatastoreChoice {
  WorkspaceChoice workspace{};
  std::string name{};
};

Datastore open_datastore(DatastoreChoice const& choice, Context const& context) {
  auto const workspace = open_workspace(choice.workspace);
  return choice.name.empty() ? workspace.get_default_datastore(context) : workspace.get_datastore(choice.name, context);
}

std::string lines_about(Datastore const& one) {
  std::string text;
  auto const add = [&](std::string_view name, std::string const& value) {
    if (!value.empty()) text += std::string(name) + std::string(14 - name.size(), ' ') + printable(value) + '\n';
  };
  add("name", one.name());
  add("default", one.is_default() ? "yes" : "no");
  add("type", one.type());
  add("account", one.account_name());
  add("container", one.container_name());
  add("endpoint", one.protocol().empty() ? one.endpoint() : one.protocol() + "://" + one.endpoint());
  add("credentials", one.credential_type());
  return text;
}

int show(Arguments const& arguments) {
  DatastoreChoice choice;
  bool json = false;
  CLI::App app{"Show what is known of a datastore. Keys and signatures are never shown."};
  app.add_option("name", choice.name, "Name (default: the workspace's default datastore)")->type_name("NAME");
  app.add_flag("--json", json, "A JSON object");
  add_workspace_options(app, choice.workspace);
  parse(app, arguments);

  auto const datastore = open_datastore(choice, {});
  write_out(json ? to_json(datastore) + '\n' : lines_about(datastore));
  return kSuccess;
}

void add_datastore_option(CLI::App& app, DatastoreChoice& choice) {
  app.add_option("--datastore", choice.name, "Datastore (default: the workspace's default)")->type_name("NAME");
  add_workspace_options(app, choice.workspace);
}

/// What was uploaded, and how a run gets it.
std::string uploaded_text(DataReference const& reference, TransferReport const& report, bool json) {
  auto const address = "azureml://datastores/" + reference.datastore + "/paths/" + reference.path_on_datastore;
  if (!json) return describe(report) + "\n" + printable(address) + '\n';
  auto record = nlohmann::ordered_json::parse(to_json_text(report));
  record.erase("paths");
  record["address"] = address;
  return record.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

int upload(Arguments const& arguments) {
  DatastoreChoice choice;
  std::vector<std::filesystem::path> paths;
  UploadOptions options;
  ProgressStyle style = ProgressStyle::automatic;
  bool json = false;
  CLI::App app{
      "Upload one folder with all below it, or files. What is there already is left as it is, unless --overwrite is\n"
      "given; an interrupted upload goes on where it was. Prints the address, which `azureml submit --input` takes."};
  app.add_option("paths", paths, "A folder, or files")->required()->type_name("PATH");
  app.add_option("--target-path", options.target_path, "Folder on the datastore (default: its top)")->type_name("PATH");
  app.add_option("--relative-root", options.relative_root,
                 "Of files: they keep their path below it (default: the folder they have in common)")
      ->type_name("DIR");
  app.add_flag("--overwrite", options.overwrite, "Replace what is there");
  app.add_flag("--json", json, "Print what was done as JSON");
  add_progress_option(app, style);
  add_datastore_option(app, choice);
  parse(app, arguments);
  std::error_code ignored;
  bool const is_folder = std::filesystem::is_directory(paths.front(), ignored);
  if (is_folder && paths.size() > 1) throw UsageError("one folder is uploaded at a time, or files");

  Interrupt const interrupt;
  auto const datastore = open_datastore(choice, interrupt.context());
  Progress progress(style);
  DataReference reference;
  TransferReport report;
  options.on_progress = progress.handler();
  options.on_report = [&](TransferReport const& done) { report = done; };
  auto const code = run_transfer(interrupt, progress, "uploaded", [&] {
    reference = is_folder ? datastore.upload(paths.front(), options, interrupt.context())
                          : datastore.upload_files(paths, options, interrupt.context());
  });
  if (code == kSuccess) write_out(uploaded_text(reference, report, json));
  return code;
}

int download(Arguments const& arguments) {
  DatastoreChoice choice;
  std::filesystem::path target = ".";
  DatastoreDownloadOptions options;
  ProgressStyle style = ProgressStyle::automatic;
  bool json = false;
  CLI::App app{
      "Download the blobs whose names begin with a prefix. They keep their whole names below the folder. Files that "
      "are\n"
      "there are left as they are, unless --overwrite is given; an interrupted download goes on where it was."};
  app.add_option("prefix", options.prefix,
                 "What the names begin with, as a text: a folder's ends with / (default: all blobs)")
      ->type_name("PREFIX");
  app.add_option("-o,--output", target, "Folder to put them into (default: the working directory)")->type_name("DIR");
  app.add_flag("--overwrite", options.overwrite, "Replace files that are there");
  app.add_flag("--json", json, "Print what was done as JSON");
  add_progress_option(app, style);
  add_datastore_option(app, choice);
  parse(app, arguments);

  Interrupt const interrupt;
  auto const datastore = open_datastore(choice, interrupt.context());
  Progress progress(style);
  TransferReport report;
  options.on_progress = progress.handler();
  auto const code = run_transfer(interrupt, progress, "downloaded",
                                 [&] { report = datastore.download(target, options, interrupt.context()); });
  if (code == kSuccess) write_out(json ? to_json_text(report) : describe(report) + '\n');
  return code;
}

/// Options of `register`; secrets are named by where they are, for a command line can be read by others.
struct RegisterChoice {
  WorkspaceChoice workspace{};
  BlobContainerOptions container{};
  std::string share{};
  std::string key_variable{}, token_variable{};
  std::filesystem::path key_file{}, token_file{};
  std::vector<std::string> tags{};
  bool make_default = false, json = false;
};

void add_register_options(CLI::App& app, RegisterChoice& choice) {
  auto& options = choice.container;
  app.add_option("name", options.datastore_name, "Name in the workspace: a-z, 0-9 and _")
      ->required()
      ->type_name("NAME");
  app.add_option("--account", options.account_name, "Storage account")->required()->type_name("NAME");
  auto* const container = app.add_option("--container", options.container_name, "Blob container")->type_name("NAME");
  app.add_option("--file-share", choice.share, "File share instead; only runs can use it")
      ->excludes(container)
      ->type_name("NAME");
  app.add_option("--account-key-env", choice.key_variable, "Variable with the account's key")->type_name("VARIABLE");
  app.add_option("--account-key-file", choice.key_file, "File with it")->type_name("FILE");
  app.add_option("--sas-token-env", choice.token_variable, "Variable with a shared access signature")
      ->type_name("VARIABLE");
  app.add_option("--sas-token-file", choice.token_file, "File with it")->type_name("FILE");
  app.add_option("--endpoint", options.endpoint, "Other cloud's host behind \"blob.\", or host:port of an emulator")
      ->type_name("HOST");
  app.add_option("--protocol", options.protocol, "https or http (default: https)")->type_name("WORD");
  app.add_flag("--overwrite", options.overwrite, "Replace a datastore of the name");
  app.add_flag("--skip-validation", options.skip_validation, "The service does not look whether the storage is there");
  app.add_flag("--grant-workspace-access", options.grant_workspace_access,
               "The workspace's identity may read it; needs the two below");
  app.add_option("--storage-subscription", options.subscription_id, "Subscription of the account")->type_name("ID");
  app.add_option("--storage-resource-group", options.resource_group, "Resource group of the account")
      ->type_name("NAME");
  app.add_option("--description", options.description, "Description")->type_name("TEXT");
  add_repeated(app, "--tag", choice.tags, "Tag")->type_name("KEY[=VALUE]");
  app.add_flag("--default", choice.make_default, "Make it the workspace's default, too");
  app.add_flag("--json", choice.json, "Print it as JSON");
  add_workspace_options(app, choice.workspace);
}

Secret secret_of(std::string const& variable, std::filesystem::path const& file, std::string_view name) {
  if (!variable.empty() && !file.empty())
    throw UsageError("--" + std::string(name) + "-env and --" + std::string(name) + "-file exclude each other");
  return !variable.empty() ? Secret::from_env(variable) : !file.empty() ? Secret::from_file(file) : Secret{};
}

Datastore register_chosen(Workspace const& workspace, RegisterChoice& choice, Context const& context) {
  auto& container = choice.container;
  container.account_key = secret_of(choice.key_variable, choice.key_file, "account-key");
  container.sas_token = secret_of(choice.token_variable, choice.token_file, "sas-token");
  for (auto const& tag : choice.tags) {
    auto const pair = key_and_value(tag);
    container.tags[pair ? pair->first : tag] = pair ? pair->second : "";
  }
  if (choice.share.empty()) return workspace.register_azure_blob_container(container, context);
  if (container.grant_workspace_access) throw UsageError("--grant-workspace-access is for containers");
  return workspace.register_azure_file_share({.datastore_name = container.datastore_name,
                                              .file_share_name = choice.share,
                                              .account_name = container.account_name,
                                              .sas_token = container.sas_token,
                                              .account_key = container.account_key,
                                              .protocol = container.protocol,
                                              .endpoint = container.endpoint,
                                              .overwrite = container.overwrite,
                                              .skip_validation = container.skip_validation,
                                              .description = container.description,
                                              .tags = container.tags},
                                             context);
}

int register_one(Arguments const& arguments) {
  RegisterChoice choice;
  CLI::App app{"Make a blob container or a file share known to the workspace. What is stored in it is not touched."};
  add_register_options(app, choice);
  parse(app, arguments);
  if (choice.container.container_name.empty() && choice.share.empty())
    throw UsageError("what is to be registered? give --container or --file-share");

  Interrupt const interrupt;
  auto const workspace = open_workspace(choice.workspace);
  auto const datastore = register_chosen(workspace, choice, interrupt.context());
  if (choice.make_default) datastore.set_as_default(interrupt.context());
  write_out(choice.json ? to_json(datastore) + '\n' : lines_about(datastore));
  return kSuccess;
}

/// `set-default` and `unregister`: a name and nothing else.
template <class Action>
int with_one(Arguments const& arguments, std::string const& description, Action const& action) {
  DatastoreChoice choice;
  CLI::App app{description};
  app.add_option("name", choice.name, "Name")->required()->type_name("NAME");
  add_workspace_options(app, choice.workspace);
  parse(app, arguments);
  action(open_workspace(choice.workspace), choice.name);
  return kSuccess;
}

int set_default(Arguments const& arguments) {
  return with_one(arguments, "Choose the datastore that is used when none is named.",
                  [](Workspace const& workspace, std::string const& name) { workspace.set_default_datastore(name); });
}

int unregister(Arguments const& arguments) {
  return with_one(arguments, "Make the workspace forget a datastore. What is stored in it stays.",
                  [](Workspace const& workspace, std::string const& name) {
                    workspace.get_datastore(name).unregister();  // a name that is wrong is told
                  });
}

}  // namespace

int run_datastore(Arguments const& arguments) {
  constexpr Command kVerbs[] = {{"list", "list the datastores", list},
                                {"show", "show what is known of one", show},
                                {"upload", "upload files or a folder", upload},
                                {"download", "download blobs", download},
                                {"register", "make a container or file share known to the workspace", register_one},
                                {"set-default", "choose the one that is used when none is named", set_default},
                                {"unregister", "make the workspace forget one; what is stored in it stays", unregister}};
  return run_group(arguments, "Storage that the workspace knows: what runs mount, download and upload.", kVerbs);
}

}  // namespace azureml::cli
