#include <azureml/run.hpp>

#include "api/blob_folder.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/unique_fd.hpp"
#include "core/make_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace azureml {

namespace {

/// Made with every workspace; the containers of its snapshots are in the same storage account.
constexpr char kWorkspaceStore[] = "workspaceblobstore";
constexpr std::size_t kFaultsMax = 10;

struct CodeName {
  std::string name{}, version{};
};
/// Of `…/codes/{name}/versions/{version}` or `azureml:{name}:{version}`; nothing when it is neither.
std::optional<CodeName> read_code_id(std::string_view id) {
  constexpr std::string_view kCodes = "/codes/", kVersions = "/versions/", kShort = "azureml:";
  if (id.starts_with(kShort)) {
    auto const colon = id.rfind(':');
    if (colon < kShort.size()) return {};
    return CodeName{std::string(id.substr(kShort.size(), colon - kShort.size())), std::string(id.substr(colon + 1))};
  }
  auto const codes = id.rfind(kCodes), versions = id.rfind(kVersions);
  if (codes == std::string_view::npos || versions == std::string_view::npos || versions < codes + kCodes.size())
    return {};
  auto const begin = codes + kCodes.size();
  return CodeName{std::string(id.substr(begin, versions - begin)), std::string(id.substr(versions + kVersions.size()))};
}

struct CodePlace {
  std::string container{}, prefix{};
};
/// Where in the account the files of a code asset are; nothing when its address is of another account. Of the address
/// only the names are used: a signature goes to the host that the datastore says, and to no other.
std::optional<CodePlace> read_code_uri(std::string const& uri, std::string const& account) {
  auto const authority = uri.find("://");
  if (authority == std::string::npos || account.empty()) return {};
  auto const host = std::string_view(uri).substr(authority + 3);
  auto const slash = host.find('/');
  if (slash == std::string_view::npos) return {};
  auto path = base::percent_decode(host.substr(slash + 1));
  if (!path) return {};
  if (!base::equal_ignoring_case(host.substr(0, account.size() + 1), account + ".")) {
    if (!path->starts_with(account + "/")) return {};
    path->erase(0, account.size() + 1);
  }
  CodePlace place{.container = path->substr(0, path->find('/'))};
  place.prefix = path->substr(std::min(place.container.size() + 1, path->size()));
  if (!place.prefix.empty() && !place.prefix.ends_with('/')) place.prefix += '/';
  if (place.container.empty()) return {};
  return place;
}

/// True when the file holds these bytes; a file whose sum the server does not say cannot be told to be the same.
bool holds(std::filesystem::path const& path, transfer::DownloadItem const& item) {
  base::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct ::stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (item.md5.empty() || !item.size || static_cast<std::uint64_t>(status.st_size) != *item.size) return false;
  auto digest = base::Digest::md5();
  std::vector<char> buffer(1 << 20);
  for (;;) {
    auto const got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return digest.finish() == item.md5;
    digest.update({buffer.data(), static_cast<std::size_t>(got)});
  }
}

/// @throws ValidationError naming the files that are there and are others
void check_directory(std::filesystem::path const& directory, api::BlobFolder const& files, std::string const& what,
                     api::Deadline const& deadline) {
  std::vector<Fault> faults;
  std::error_code ignored;
  for (std::size_t index = 0; index < files.count() && faults.size() < kFaultsMax; ++index) {
    (void)deadline.next(what);
    auto const item = files.item(index);
    auto const path = directory / item.target;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored)) && !holds(path, item))
      faults.push_back(
          {.field = "'" + item.target + "'",
           .problem = "is there already with another content",
           .remedy = faults.empty() ? "take an empty directory, or let files be overwritten" : "likewise"});
  }
  if (!faults.empty())
    throw core::validation_error("nothing was written: the directory '" + directory.string() + "'", std::move(faults));
}

}  // namespace

std::string Run::get_snapshot_id(Context const& context) const {
  auto const job = rest::get_job(state_->workspace->connection, id(), context);
  if (auto const found = job.properties.find("ContentSnapshotId"); found != job.properties.end()) return found->second;
  auto const code = read_code_id(job.code_id);
  return code ? code->name : job.code_id;
}

TransferReport Run::restore_snapshot(std::filesystem::path const& directory, RestoreSnapshotOptions const& options,
                                     Context const& context) const {
  auto const what = "restore the snapshot of run '" + id() + "'";
  auto const& workspace = state_->workspace;
  api::Deadline const deadline(context, workspace->clock());
  auto const code_id = rest::get_job(workspace->connection, id(), deadline.next(what)).code_id;
  if (code_id.empty())
    throw core::make_error<NotFoundError>("cannot " + what + ": the run was submitted without a source directory",
                                          {.status = 404});
  auto const name = read_code_id(code_id);
  if (!name)
    throw core::make_error<TransportError>("cannot " + what + ": its code is said to be '" + code_id +
                                           "', which is no id of code");
  auto const code = rest::get_code(workspace->connection, name->name, name->version, deadline.next(what));
  auto datastore = rest::get_datastore(workspace->connection, kWorkspaceStore, deadline.next(what));
  auto const place = read_code_uri(code.code_uri, datastore.account_name);
  if (!place)
    throw core::make_error<ServiceError>("cannot " + what + ": its files are at '" + code.code_uri +
                                         "', and the workspace gives access to the account '" + datastore.account_name +
                                         "' only; read them with a credential for that storage");
  datastore.container_name = place->container;
  auto const files = api::BlobFolder::list(workspace, datastore, place->prefix, what, deadline);
  if (files.count() == 0)
    throw core::make_error<NotFoundError>(
        "cannot " + what + ": its files have been deleted from '" + code.code_uri + "'", {.status = 404});
  if (!options.overwrite) check_directory(directory, files, what, deadline);
  return files.download(directory, true, options.on_progress, deadline);
}

}  // namespace azureml
