#pragma once
#include "http/deadline.hpp"
#include "transfer/blob_writer.hpp"
#include "transfer/meter.hpp"
#include "transfer/upload_work.hpp"
#include "transfer/uploads.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace azureml::transfer {

/// One call of `upload_files`: what its threads do and share.
class Uploader {
 public:
  Uploader(http::Pipeline const& pipeline, Addresses& addresses, UploadSet const& set, UploadOptions const& options,
           Context const& context);
  TransferReport run();

 private:
  struct Blocks;
  /// What is there in the place of a file.
  enum class There { nothing, same, other, unknown };

  void work(std::stop_token const& stop);
  void put_files(http::Deadline const& deadline);
  void put_small(UploadItem const& item, std::span<char> memory, http::Deadline const& deadline);
  void put_large(UploadItem const& item, http::Deadline const& deadline);
  /// False when it was there already.
  bool place(UploadItem const& item, BlobTarget& target, bool look_first, std::function<std::string()> const& md5,
             std::function<http::Response(bool only_new)> const& put, http::Deadline const& deadline);
  There look(UploadItem const& item, BlobTarget& target, std::function<std::string()> const& md5,
             http::Deadline const& deadline);
  bool skip_if_settled(There there, UploadItem const& item);
  void skip(UploadItem const& item);

  void find_earlier(Blocks& blocks, http::Deadline const& deadline) const;
  void send_blocks(std::shared_ptr<Blocks> const& blocks, http::Deadline const& deadline);
  void send_block(Blocks& blocks, std::size_t number, Payload payload, http::Deadline const& deadline);
  [[nodiscard]] std::string hash(SourceFile const& file, http::Deadline const& deadline);
  [[nodiscard]] std::string doing(UploadItem const& item) const;

  http::Pipeline const& pipeline_;
  Addresses& addresses_;
  UploadSet const& set_;
  UploadOptions const& options_;
  http::Deadline deadline_;
  std::stop_token outer_;
  Meter meter_;
  BlobWriter writer_;
  UploadWork work_;
  std::atomic<std::uint64_t> files_{0}, bytes_{0}, skipped_{0}, resumed_{0};
  std::atomic<bool> expects_blobs_{
      false};  ///< The last look has found one: the next file is looked for before it is sent.
  std::atomic<bool> looks_refused_{false};  ///< The signature is for writing only.
};

}  // namespace azureml::transfer
