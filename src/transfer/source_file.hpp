#pragma once
#include "base/unique_fd.hpp"
#include "http/transport.hpp"
#include "transfer/uploads.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace azureml::transfer {

/// A file that goes up, and the notice that it is not the same any more. Thread-safe: it has no position.
class SourceFile {
 public:
  /// @param what completes "cannot …" @throws FileError when it cannot be opened or is not as the item says
  SourceFile(UploadItem const& item, std::string what);
  [[nodiscard]] std::uint64_t size() const noexcept { return identity_.size; }
  /// Fills the whole buffer. @throws FileError when it cannot be read or ends before
  void read_at(std::uint64_t offset, std::span<char> buffer) const;
  /// @throws FileError when the file has changed since it was opened
  void check_unchanged() const;

 private:
  [[nodiscard]] snapshot::FileIdentity look() const;
  [[noreturn]] void throw_errno(int error) const;
  [[noreturn]] void throw_changed() const;

  std::filesystem::path path_;
  std::string what_;
  base::UniqueFd fd_{};
  snapshot::FileIdentity identity_{};
};

/// Told the bytes that have moved since the last call, negative when they are to move again.
using Moved = std::function<void(std::int64_t)>;

/// Bytes in memory as the body of a request; they must outlive it.
class MemorySource final : public http::BodySource {
 public:
  MemorySource(std::string_view bytes, Moved moved) : bytes_(bytes), moved_(std::move(moved)) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  std::size_t read(std::span<char> buffer) override;
  void rewind() override;

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
  Moved moved_;
};

/// A part of a file as the body of a request.
class FilePartSource final : public http::BodySource {
 public:
  FilePartSource(std::shared_ptr<SourceFile const> file, std::uint64_t offset, std::uint64_t size, Moved moved)
      : file_(std::move(file)), offset_(offset), size_(size), moved_(std::move(moved)) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  std::size_t read(std::span<char> buffer) override;
  void rewind() override;

 private:
  std::shared_ptr<SourceFile const> file_;
  std::uint64_t offset_, size_, position_ = 0;
  Moved moved_;
};

}  // namespace azureml::transfer
