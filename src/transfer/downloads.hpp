#pragma once
#include "http/pipeline.hpp"
#include "transfer/addresses.hpp"

#include <azureml/transfer.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::transfer {

/// What a listing says of a blob.
struct BlobInfo {
  std::string name{};
  std::uint64_t size = 0;
  std::string md5{};   ///< Raw, 16 bytes; empty when the server says none.
  std::string etag{};  ///< Without quotes.
  std::optional<std::chrono::system_clock::time_point> modified{};
  bool is_folder = false;  ///< A marker (`hdi_isfolder`): it stands for a folder and has no bytes.
};
/// Visits the blobs whose names begin with `prefix`, in the server's order, until `visit` returns false. One request a page of 5,000; an
/// empty page with a marker is not the end. @throws as `send_blob`
void list_blobs(http::Pipeline const& pipeline, ContainerAddresses& addresses, std::string const& prefix,
                std::function<bool(BlobInfo&&)> const& visit, Context const& context);

/// One blob to come down.
struct DownloadItem {
  std::string blob{};                   ///< Its name for `Addresses::blob`.
  std::string target{};                 ///< Relative to the directory, `/` separators; checked: see `name_fault`.
  std::optional<std::uint64_t> size{};  ///< When known.
  std::string md5{}, etag{};            ///< Likewise; md5 raw.
};
/// The next one; nothing at the end. Called by one thread at a time.
using NextDownload = std::function<std::optional<DownloadItem>()>;

struct DownloadOptions {
  bool overwrite = true;                  ///< false: a file that is there is left alone and counted as skipped.
  std::uint64_t files = 0, bytes = 0;     ///< Totals for the progress, 0 when not known.
  std::string what{};                     ///< For messages: completes "cannot …".
  ProgressHandler on_progress{};
};

/// Why a name from outside cannot become a path beneath a directory, as the end of a sentence; empty when it can. Refused: empty, absolute,
/// `.` and `..` as parts, empty parts, NUL and control characters, backslashes, no UTF-8, parts above 255 bytes, names ending in `/`,
/// drive letters and the device names of Windows (`CON`, `nul.txt`), so that what is downloaded can be copied anywhere.
std::string name_fault(std::string_view name);

/// Downloads blobs beneath `directory` in parallel: files × ranges under one bound of memory. Each becomes visible only complete (temporary
/// name, length and checksum verified, fsync, rename); links in the way out of the directory are refused. What an interrupted call has
/// fetched is kept beside the target with a journal and not fetched again, as long as the blob is the same (`If-Match`); at most one block
/// of a file is. Complete files of the same content are not fetched again (`If-None-Match`, MD5). A stop ends it within 100 ms.
/// @throws ServiceError, NotFoundError, TransportError (bytes that are not those promised), FileError, ValidationError (a name), StoppedError
TransferReport download_files(http::Pipeline const& pipeline, Addresses& addresses, std::filesystem::path const& directory,
                              NextDownload const& next, DownloadOptions const& options, Context const& context);

/// The same for one blob and any path on this machine. Parent folders are made.
TransferReport download_file(http::Pipeline const& pipeline, Addresses& addresses, std::string const& blob,
                             std::filesystem::path const& target, DownloadOptions const& options, Context const& context);

}  // namespace azureml::transfer
