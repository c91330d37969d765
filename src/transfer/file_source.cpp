#include "transfer/file_source.hpp"

#include <algorithm>
#include <utility>

namespace azureml::transfer {

FileSource::FileSource(std::shared_ptr<snapshot::FileReader> reader, std::uint64_t offset, std::uint64_t size,
                       std::function<void(std::int64_t)> moved)
    : reader_(std::move(reader)), offset_(offset), size_(size), moved_(std::move(moved)) {
  reader_->seek(offset_);
}

std::size_t FileSource::read(std::span<char> buffer) {
  auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - position_));
  if (wanted == 0) return 0;
  auto const got = reader_->read(buffer.first(wanted));
  position_ += got;
  moved_(static_cast<std::int64_t>(got));
  return got;
}

void FileSource::rewind() {
  reader_->seek(offset_);
  moved_(-static_cast<std::int64_t>(position_));
  position_ = 0;
}

}  // namespace azureml::transfer
