#include "engine/store/home.hpp"

#include "base/atomic_file.hpp"
#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/unique_fd.hpp"
#include "base/uuid.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace azureml::engine::store {

using json = nlohmann::json;

namespace {

constexpr std::size_t kIdentityMax = 64 << 10;
constexpr std::size_t kMountLinesMax = 100'000;

struct NamedMagic {
  long magic;
  char const* name;
};
constexpr std::array<NamedMagic, 13> kNetworkMagics{{{0x6969, "NFS"},
                                                     {0x517B, "SMB"},
                                                     {0xFF534D42L, "CIFS"},
                                                     {0xFE534D42L, "SMB2"},
                                                     {0x0BD00BD0, "Lustre"},
                                                     {0x47504653, "GPFS"},
                                                     {0x5346414F, "AFS"},
                                                     {0x6B414653, "AFS"},
                                                     {0x73757245, "Coda"},
                                                     {0x00C36400, "Ceph"},
                                                     {0x19830326, "BeeGFS"},
                                                     {0xAAD7AAEAL, "PanFS"},
                                                     {0x013111A8, "IBRIX"}}};

/// File systems in user space that keep their files elsewhere. Others (`fuse.fuse-overlayfs` of rootless containers,
/// `fuseblk`) are local.
constexpr std::array<char const*, 15> kNetworkTypes{"fuse.sshfs",    "fuse.glusterfs", "fuse.s3fs",   "fuse.gcsfuse",
                                                    "fuse.blobfuse", "fuse.blobfuse2", "fuse.rclone", "fuse.goofys",
                                                    "fuse.ceph",     "fuse.moosefs",   "fuse.mfs",    "fuse.juicefs",
                                                    "fuse.davfs",    "fuse.cvmfs2",    "fuse.beegfs"};

[[noreturn]] void fail(std::string const& message) {
  throw std::runtime_error(message);
}

std::string words_of(int error) {
  return std::generic_category().message(error);
}

std::filesystem::path nearest_existing(std::filesystem::path path) {
  struct ::stat facts {};
  while (path.has_relative_path() && ::stat(path.c_str(), &facts) != 0) path = path.parent_path();
  return path;
}

void refuse_network_file_system(Home const& home,
                                std::function<FileSystemFacts(std::filesystem::path const&)> const& look) {
  auto const name = network_file_system(look(nearest_existing(home.root)));
  if (!name) return;
  fail("the engine's home '" + home.root.string() + "' is on a network file system (" + *name +
       "), where its locks and its database are not safe; name a directory on a local disk with --home or "
       "AZUREML_ENGINE_HOME, for example /var/tmp/azureml-" +
       std::to_string(::geteuid()));
}

bool is_empty_directory(std::filesystem::path const& path) {
  std::error_code error;
  auto const empty = std::filesystem::is_empty(path, error);
  return !error && empty;
}

/// Leaves a directory that belongs to us alone, with mode 0700.
void make_root(Home const& home) {
  auto const& root = home.root;
  std::error_code error;
  if (root.has_parent_path()) std::filesystem::create_directories(root.parent_path(), error);
  if (error)
    fail("cannot make the folder '" + root.parent_path().string() + "' for the engine's home: " + error.message() +
         "; make it, or name another home with --home");
  if (::mkdir(root.c_str(), 0700) != 0 && errno != EEXIST) {
    fail("cannot make the engine's home '" + root.string() + "': " + words_of(errno) +
         "; name a directory you may write to with --home or AZUREML_ENGINE_HOME");
  }
  struct ::stat facts {};
  if (::stat(root.c_str(), &facts) != 0)
    fail("cannot look at the engine's home '" + root.string() + "': " + words_of(errno));
  if (!S_ISDIR(facts.st_mode))
    fail("the engine's home '" + root.string() + "' is not a directory; name another with --home");
  if (facts.st_uid != ::geteuid()) {
    fail("the engine's home '" + root.string() + "' belongs to user " + std::to_string(facts.st_uid) +
         ", not to you (" + std::to_string(::geteuid()) +
         "); name a home of your own with --home or AZUREML_ENGINE_HOME");
  }
  if ((facts.st_mode & 07777) != 0700 && is_empty_directory(root) && ::chmod(root.c_str(), 0700) == 0) return;
  if ((facts.st_mode & 077) != 0) {
    fail("the engine's home '" + root.string() +
         "' is open to other users, and it holds keys; close it with: chmod 700 '" + root.string() + "'");
  }
  if (::access(root.c_str(), W_OK | X_OK) != 0) {
    fail("the engine's home '" + root.string() + "' cannot be written: " + words_of(errno) +
         "; name another with --home or AZUREML_ENGINE_HOME");
  }
}

json to_json(Identity const& identity) {
  return {{"format", 1},
          {"home_id", identity.home_id},
          {"workspace_id", identity.workspace_id},
          {"storage_account", identity.storage_account},
          {"account_key", identity.account_key},
          {"token_key", identity.token_key},
          {"hello_key", identity.hello_key},
          {"port", identity.port}};
}

Identity new_identity() {
  return {.home_id = base::new_uuid(),
          .workspace_id = base::new_uuid(),
          .storage_account = "azureml" + base::random_hex(8),
          .account_key = base::to_base64(base::random_bytes(64)),
          .token_key = base::to_base64(base::random_bytes(32)),
          .hello_key = base::to_base64(base::random_bytes(32)),
          .port = 0};
}

bool has_key_of(std::string const& text, std::size_t bytes) {
  auto const key = base::from_base64(text);
  return key && key->size() == bytes;
}

Identity read_identity(Home const& home) {
  auto const path = home.identity_json();
  struct ::stat facts {};
  if (::lstat(path.c_str(), &facts) != 0) fail("cannot read '" + path.string() + "': " + words_of(errno));
  if (!S_ISREG(facts.st_mode) || facts.st_uid != ::geteuid()) {
    fail("'" + path.string() +
         "' holds the home's keys but is not a file of yours; move this home away and let the engine make a new one");
  }
  if ((facts.st_mode & 077) != 0) {
    fail("'" + path.string() + "' holds the home's keys and is open to other users; close it with: chmod 600 '" +
         path.string() + "', or make a new home if somebody may have read it");
  }
  std::string text;
  try {
    text = base::read_small_file(path, kIdentityMax);
  } catch (std::exception const& error) {
    fail("cannot read the identity of the engine's home: " + std::string{error.what()} +
         "; restore the file, or make a new home");
  }
  auto damaged = [&] {
    fail("'" + path.string() +
         "' is damaged; restore it from a copy, or move this home away and let the engine make a new one");
  };
  auto const object = json::parse(text, nullptr, false);
  if (!object.is_object()) damaged();
  auto const format = object.find("format");
  if (format != object.end() && format->is_number_integer() && *format > 1) {
    fail("'" + path.string() + "' was written by a newer version of the engine; use that version with this home");
  }
  auto member = [&](char const* name) {
    auto const at = object.find(name);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
  };
  Identity identity{.home_id = member("home_id"),
                    .workspace_id = member("workspace_id"),
                    .storage_account = member("storage_account"),
                    .account_key = member("account_key"),
                    .token_key = member("token_key"),
                    .hello_key = member("hello_key"),
                    .port = 0};
  auto const port = object.find("port");
  if (port != object.end() && port->is_number_unsigned() && *port <= 65535U) identity.port = port->get<std::uint16_t>();
  auto const whole = !identity.home_id.empty() && !identity.workspace_id.empty() &&
                     identity.storage_account.starts_with("azureml") && has_key_of(identity.account_key, 64) &&
                     has_key_of(identity.token_key, 32) && has_key_of(identity.hello_key, 32);
  if (!whole) damaged();
  return identity;
}

void write_identity(Home const& home, Identity const& identity, bool replace) {
  try {
    base::AtomicFile file{home.identity_json(), 0600};
    file.write(to_json(identity).dump(2) + '\n');
    file.commit(replace);
  } catch (std::exception const& error) {
    fail("the engine's home '" + home.root.string() + "' cannot be written: " + error.what() +
         "; make room or name another home with --home or AZUREML_ENGINE_HOME");
  }
}

}  // namespace

FileSystemFacts file_system_of(std::filesystem::path const& path) {
  FileSystemFacts facts;
  struct ::statfs system {};
  if (::statfs(path.c_str(), &system) == 0) facts.magic = static_cast<long>(system.f_type);
  struct ::stat device {};
  if (::stat(path.c_str(), &device) != 0) return facts;
  auto const wanted = std::to_string(major(device.st_dev)) + ':' + std::to_string(minor(device.st_dev));
  std::ifstream mounts{"/proc/self/mountinfo"};
  std::string line;
  for (std::size_t i = 0; i < kMountLinesMax && std::getline(mounts, line); ++i) {
    std::istringstream words{line};
    std::string id, parent, numbers;
    words >> id >> parent >> numbers;
    auto const dash = line.find(" - ");
    if (numbers != wanted || dash == std::string::npos) continue;
    std::istringstream after{line.substr(dash + 3)};
    after >> facts.type;
    break;
  }
  return facts;
}

std::optional<std::string> network_file_system(FileSystemFacts const& facts) {
  for (auto const& [magic, name] : kNetworkMagics) {
    // On 32-bit readings of the kernel's field the top bit comes back as a sign.
    if ((facts.magic & 0xFFFFFFFFL) == magic) return name;
  }
  for (auto const* const type : kNetworkTypes) {
    if (facts.type == type) return facts.type;
  }
  return std::nullopt;
}

Identity open_home(Home const& home) {
  return open_home(home, file_system_of);
}

Identity open_home(Home const& home, std::function<FileSystemFacts(std::filesystem::path const&)> const& look) {
  if (home.root.empty() || !home.root.is_absolute())
    fail("the engine's home '" + home.root.string() + "' is not an absolute path; name it with its whole path");
  refuse_network_file_system(home, look);
  make_root(home);
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(home.identity_json(), error))) {
    // Of two that begin at once one wins; both then read the winner's.
    write_identity(home, new_identity(), false);
  }
  return read_identity(home);
}

void save_identity(Home const& home, Identity const& identity) {
  write_identity(home, identity, true);
}

}  // namespace azureml::engine::store
