#pragma once
#include "http/transport.hpp"
#include "snapshot/file_reader.hpp"

#include <functional>
#include <memory>

namespace azureml::transfer {

/// A part of a file as the body of a request.
class FileSource final : public http::BodySource {
 public:
  /// @param moved is told the bytes read since the last call, negative when they are to be read again
  FileSource(std::shared_ptr<snapshot::FileReader> reader, std::uint64_t offset, std::uint64_t size,
             std::function<void(std::int64_t)> moved);
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  std::size_t read(std::span<char> buffer) override;
  void rewind() override;

 private:
  std::shared_ptr<snapshot::FileReader> reader_;
  std::uint64_t offset_, size_, position_ = 0;
  std::function<void(std::int64_t)> moved_;
};

}  // namespace azureml::transfer
