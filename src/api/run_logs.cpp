#include <azureml/run.hpp>

#include "api/artifact_listing.hpp"
#include "api/states.hpp"
#include "core/make_error.hpp"
#include "http/deadline.hpp"
#include "transfer/download_place.hpp"
#include "transfer/transfer.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <system_error>
#include <utility>

namespace azureml {

namespace {

/// Where logs lie. What a script writes to `logs/` are its own files.
constexpr std::array<char const*, 3> kLogFolders{"azureml-logs/", "system_logs/", "user_logs/"};

/// A log of a run that goes on grows while it is read, so it is taken as it is at the moment and not as a download of a known length.
class LogFiles {
 public:
  LogFiles(api::RunRecord const& run, std::filesystem::path const& directory, http::Deadline const& deadline)
      : run_(run), artifacts_(api::artifacts_of(run, deadline.left())), directory_(directory), deadline_(deadline) {}

  std::vector<std::filesystem::path> write() {
    find();
    check_names();
    transfer::Beneath beneath(directory_.empty() ? std::filesystem::path(".") : directory_);
    std::vector<std::filesystem::path> paths;
    for (auto const& [name, address] : logs_) {
      auto const place = beneath.place(name);
      fetch(name, address, place);
      beneath.changed(place.folder);
      paths.push_back(directory_ / name);
    }
    beneath.sync();
    return paths;
  }

 private:
  /// The details name the newest logs with their addresses; the listing has those they leave out.
  void find() {
    logs_ = api::fetch_details(run_, deadline_.left()).log_files;
    for (auto const* folder : kLogFolders) {
      std::string continuation;
      do {
        auto page = rest::list_artifact_addresses(artifacts_.connection(), artifacts_.api, run_.id, folder, continuation, deadline_.left());
        for (auto& log : page.items)
          if (log.path.starts_with(folder)) logs_.emplace(std::move(log.path), std::move(log.uri));
        continuation = std::move(page.next);
      } while (!continuation.empty());
    }
  }

  void check_names() const {
    api::BadNames bad;
    for (auto const& [name, address] : logs_) bad.check(name, name);
    bad.refuse("logs of run '" + run_.id + "'");
  }

  void fetch(std::string const& name, std::string address, transfer::Place const& place) const {
    auto const temporary = transfer::part_name(place.name);
    auto const file = transfer::open_own(*place.folder, temporary, O_CREAT | O_TRUNC);
    try {
      copy(name, std::move(address), file.get(), place);
      if (::fsync(file.get()) != 0 || ::renameat(place.folder->fd.get(), temporary.c_str(), place.folder->fd.get(), place.name.c_str()) != 0)
        transfer::throw_file_error(place.path(), errno);
    } catch (...) {
      ::unlinkat(place.folder->fd.get(), temporary.c_str(), 0);
      throw;
    }
  }

  void copy(std::string const& name, std::string address, int file, transfer::Place const& place) const {
    std::uint64_t offset = 0;
    auto const sink = [&](std::string_view piece) {
      offset += piece.size();
      for (std::size_t done = 0; done < piece.size();) {
        auto const count = ::write(file, piece.data() + done, piece.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) transfer::throw_file_error(place.path(), errno);
        done += static_cast<std::size_t>(count);
      }
    };
    auto const read = [&] { return transfer::read_from(artifacts_.connection().pipeline, address, offset, {}, {}, sink, deadline_.left()).status; };
    auto const ask_address = [&] { return rest::get_artifact_uri(artifacts_.connection(), artifacts_.api, run_.id, name, deadline_.left()); };
    bool const given = !address.empty();
    if (!given) address = ask_address();
    auto status = read();
    if (status == 403 && given) {  // an address from the list may be over by the time its turn comes
      address = ask_address();
      status = read();
    }
    // An empty log has no first byte; that is believed when it is said twice.
    if ((status == 404 || status == 416) && offset == 0) status = read();
    if (status == 403)
      throw core::make_error<ServiceError>("cannot read log '" + name + "' of run '" + run_.id + "': the storage answered 403", {.status = 403});
  }

  api::RunRecord const& run_;
  api::RunArtifacts artifacts_;
  std::filesystem::path directory_;
  http::Deadline const& deadline_;
  std::map<std::string, std::string> logs_{};  ///< Name → address, empty when it has to be asked for.
};

}  // namespace

std::vector<std::filesystem::path> Run::get_all_logs(std::filesystem::path const& directory, Context const& context) const {
  http::Deadline const deadline(context, state_->workspace->clock());
  return LogFiles(*state_, directory, deadline).write();
}

}  // namespace azureml
