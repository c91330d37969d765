#pragma once
#include "http/pipeline.hpp"
#include "snapshot/snapshot.hpp"
#include "transfer/addresses.hpp"

#include <azureml/transfer.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace azureml::transfer {

/// One file to go up.
struct UploadItem {
  std::string blob{};                    ///< Its name in the container.
  std::filesystem::path file{};
  std::uint64_t size = 0;
  snapshot::FileIdentity identity{};     ///< As it was when the transfer was planned; all zero: not known.
};
/// Items are made when their turn comes, so that a hundred thousand of them need no memory. `item` is called from any thread.
struct UploadSet {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  std::function<UploadItem(std::size_t)> item{};
};

/// What to do when a blob of the name is there: one of the same content is never moved again.
enum class Existing {
  refuse,   ///< Another content is an error: names are made once (`If-None-Match: *`).
  skip,     ///< Left as it is and counted as skipped.
  replace,
};
/// The bounds of one upload. Memory is at most `buffers * block + threads` MiB, whatever the files.
struct UploadLimits {
  unsigned threads = 0;         ///< Requests at the same time; 0: twice the processors, at least 4 and at most 16.
  std::size_t block = 4 << 20;  ///< A larger file goes up in blocks of this size; of more when there would be over 50,000.
  std::size_t buffers = 3;      ///< Blocks held at the same time, of all files; what is on its way when a call is interrupted.
};
struct UploadOptions {
  Existing existing = Existing::refuse;
  std::string what{};              ///< For messages: completes "cannot …", e.g. "upload the snapshot".
  ProgressHandler on_progress{};
  std::string content_type{"application/octet-stream"};
  UploadLimits limits{};
};

/// Uploads files in parallel, streamed, every request with the MD5 of its bytes: Put Blob for small ones, blocks and a block list for large
/// ones. A block's id is its number and its MD5, so what an interrupted call has put is found again on the server (Get Block List) and not
/// sent twice. A refused signature is renewed and the transfer goes on where it was. A stop ends it within 100 ms.
/// @throws ServiceError, TransportError, FileError (also when a file changes meanwhile), StoppedError
TransferReport upload_files(http::Pipeline const& pipeline, Addresses& addresses, UploadSet const& set, UploadOptions const& options,
                            Context const& context);

}  // namespace azureml::transfer
