#include "api/pending_upload.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/time.hpp"
#include "snapshot/cache_directory.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

namespace azureml::api {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kFormat = 1;
constexpr std::size_t kSizeMax = 64 << 10;
constexpr std::chrono::minutes kLeftMin{10};
/// Longer than any address lives.
constexpr std::chrono::hours kAgeMax{48};
constexpr int kEntriesMax = 1000;
constexpr int kTriesMax = 5;

/// The members of the record that are the code's, with their names.
constexpr std::array<std::pair<char const*, std::string PendingCode::*>, 5> kMembers{
    {{"name", &PendingCode::name},
     {"version", &PendingCode::version},
     {"blob_uri", &PendingCode::blob_uri},
     {"sas_uri", &PendingCode::sas_uri},
     {"folder", &PendingCode::folder}}};

std::string read_all(int fd) {
  std::string text(kSizeMax, '\0');
  ssize_t got = 0;
  do got = ::pread(fd, text.data(), text.size(), 0);
  while (got < 0 && errno == EINTR);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

/// Nothing when the text is no record of this key: cut, of another version, empty.
std::optional<PendingCode> read_record(std::string const& text, PendingKey const& key) {
  auto const record = Json::parse(text, nullptr, false);
  if (!record.is_object() || record.value("format", Json()) != kFormat) return {};
  auto const is = [&](char const* name, std::string const& value) { return record.value(name, Json()) == value; };
  if (!is("endpoint", key.endpoint) || !is("workspace", key.workspace_path) || !is("tree_sha256", key.tree)) return {};
  PendingCode code;
  for (auto const& [name, member] : kMembers) {
    auto const found = record.find(name);
    if (found == record.end() || !found->is_string()) return {};
    code.*member = found->get<std::string>();
    if ((code.*member).empty()) return {};
  }
  return code;
}

bool is_same_file(int fd, fs::path const& path) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

base::UniqueFd open_record(fs::path const& path, int flags) {
  return base::UniqueFd(::open(path.c_str(), flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> address_end(std::string const& sas_uri) {
  std::string_view rest = sas_uri;
  rest.remove_prefix(std::min(rest.find('?'), rest.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // `?` or `&`
    auto const parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(parameter.size());
    if (!parameter.starts_with("se=")) continue;
    auto const value = base::percent_decode(parameter.substr(3));
    return value ? base::from_iso8601(*value) : std::nullopt;
  }
  return {};
}

PendingUpload::PendingUpload(fs::path const& directory, PendingKey const& key, base::Clock& clock,
                             logging::Logger logger)
    : key_(key), logger_(std::move(logger)) {
  if (directory.empty()) return;
  auto const folder = snapshot::private_directory(directory / "uploads", logger_);
  if (folder.empty()) return;
  prune(folder);
  if (!lock(folder)) return;
  begun_ = read_record(read_all(fd_.get()), key_);
  if (!begun_) return;
  auto const end = address_end(begun_->sas_uri);
  if (end && *end < clock.now() + kLeftMin) begun_.reset();
}

/// The record's file is its own lock. Whoever was locked out finds, when it is free, perhaps a file that was removed.
bool PendingUpload::lock(fs::path const& folder) {
  auto const sum = base::sha256_hex(key_.endpoint + '\n' + key_.workspace_path + '\n' + key_.tree);
  file_ = folder / (sum.substr(0, 32) + ".json");
  for (int i = 0; i < kTriesMax; ++i) {
    auto fd = open_record(file_, O_CREAT);
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      logger_.debug("the upload is not remembered: " +
                    (errno == EWOULDBLOCK ? std::string("another one of the same content is under way")
                                          : std::generic_category().message(errno)));
      return false;
    }
    if (!is_same_file(fd.get(), file_)) continue;
    fd_ = std::move(fd);
    return true;
  }
  return false;
}

void PendingUpload::remember(PendingCode const& code) {
  if (!fd_) return;
  try {
    Json record{{"format", kFormat},
                {"endpoint", key_.endpoint},
                {"workspace", key_.workspace_path},
                {"tree_sha256", key_.tree}};
    for (auto const& [name, member] : kMembers) record[name] = code.*member;
    auto const text = record.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
    if (text.size() > kSizeMax || ::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0) return;
    base::write_all(fd_.get(), text, file_.string());
  } catch (std::bad_alloc const&) {
    throw;
  } catch (std::exception const& error) {
    logger_.debug("the upload is not remembered: " + std::string(error.what()));
  }
}

void PendingUpload::forget() {
  if (!fd_) return;
  begun_.reset();
  ::unlink(file_.c_str());
  fd_.reset();
}

/// Removes the records of uploads that nobody went on with; a lock says that somebody does.
void PendingUpload::prune(fs::path const& folder) const {
  std::error_code error;
  int seen = 0;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && ++seen <= kEntriesMax;
       entry.increment(error)) {
    std::error_code ignored;
    auto const written = entry->last_write_time(ignored);
    if (ignored || fs::file_time_type::clock::now() - written < kAgeMax) continue;
    auto const fd = open_record(entry->path(), 0);
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
  }
}

}  // namespace azureml::api
