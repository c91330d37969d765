#include "base/atomic_file.hpp"
#include "base/digest.hpp"
#include "base/unique_fd.hpp"
#include "core/make_error.hpp"
#include "http/deadline.hpp"
#include "transfer/blob.hpp"
#include "transfer/content_range.hpp"
#include "transfer/transfer.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace azureml::transfer {

namespace {

constexpr int kAttempts = 2;  ///< On bytes that arrive whole and are not those promised.

[[noreturn]] void throw_file_error(std::filesystem::path const& target, std::error_code const& error) {
  auto const remedy = error == std::errc::no_space_on_device ? "; free some space" : "; choose another destination";
  throw core::make_error<FileError>("cannot write '" + target.string() + "': " + error.message() + remedy);
}

/// What a file made by `open` would get. The kernel tells the mask only to who changes it, which would be seen by other
/// threads.
unsigned mode_of_new_files() {
  try {
    auto const status = base::read_small_file("/proc/self/status", 64 << 10);
    auto const at = status.find("\nUmask:");
    if (at != std::string::npos)
      return 0666U & ~static_cast<unsigned>(std::strtoul(status.c_str() + at + 7, nullptr, 8));
  } catch (std::exception const&) {  // no /proc: the narrow mode
  }
  return 0600;
}

/// Writes the temporary file, from its beginning for each attempt.
class FileSink final : public http::BodySink {
 public:
  explicit FileSink(std::filesystem::path const& target) : target_(target), file_(target, mode_of_new_files()) {}

  void begin(http::Response const& head) override {
    if (::ftruncate(file_.fd(), 0) != 0 || ::lseek(file_.fd(), 0, SEEK_SET) != 0)
      throw_file_error(target_, {errno, std::generic_category()});
    received_ = 0;
    digest_ = base::Digest::md5();
    bool const is_plain = header(head, "Content-Encoding").empty() && header(head, "Transfer-Encoding").empty();
    expected_size_ = is_plain ? parse_size(header(head, "Content-Length")) : std::nullopt;
    expected_md5_ = blob_md5(head);
  }

  void write(std::string_view piece) override {
    try {
      file_.write(piece);
    } catch (std::system_error const& error) {
      throw_file_error(target_, error.code());
    }
    digest_.update(piece);
    received_ += piece.size();
  }

  /// What is wrong with the bytes received; empty when nothing is.
  std::string fault() {
    if (expected_size_ && *expected_size_ != received_)
      return std::to_string(received_) + " bytes came instead of " + std::to_string(*expected_size_);
    if (!expected_md5_.empty() && digest_.finish() != expected_md5_)
      return "the bytes received are not those of the MD5 that the server gives";
    return {};
  }

  void commit() { file_.commit(); }

 private:
  std::filesystem::path target_;
  base::AtomicFile file_;
  base::Digest digest_ = base::Digest::md5();
  std::uint64_t received_ = 0;
  std::optional<std::uint64_t> expected_size_{};
  std::string expected_md5_{};
};

}  // namespace

void download_to_file(http::Pipeline const& pipeline, std::string const& signed_url,
                      std::filesystem::path const& target, Context const& context) {
  http::Deadline const deadline(context, pipeline.clock());
  auto const what = "download to '" + target.string() + "'";
  try {
    if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path());
    if (std::filesystem::is_directory(target))
      throw_file_error(target, std::make_error_code(std::errc::is_a_directory));
    auto const sink = std::make_shared<FileSink>(target);
    auto request = blob_request("GET", signed_url);
    request.sink = sink;
    std::string fault;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto const response = pipeline.send(request, deadline.left());
      // An empty blob has no range to give; some servers say so even when none was asked for.
      auto const range = response.status == 416 ? parse_content_range(header(response, "Content-Range")) : std::nullopt;
      bool const is_empty = range && range->total == 0U;
      if (!is_empty && (response.status < 200 || response.status > 299)) throw_blob_error(response, what);
      if (is_empty) sink->begin(http::Response{.status = 200});
      fault = sink->fault();
      if (fault.empty()) return sink->commit();
    }
    throw core::make_error<TransportError>("cannot " + what + ": " + fault + "; try again", {.retryable = true});
  } catch (std::system_error const& error) {  // of the file system; what is thrown by the network is no system_error
    throw_file_error(target, error.code());
  }
}

}  // namespace azureml::transfer
