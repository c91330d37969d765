#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "transfer/blob.hpp"
#include "transfer/uploader.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace azureml::transfer {

namespace {

void read_part(SourceFile const& file, std::uint64_t offset, std::uint64_t size, std::span<char> buffer,
               http::Deadline const& deadline, std::function<void(std::string_view)> const& visit) {
  for (std::uint64_t done = 0; done < size;) {
    deadline.check("reading a file");
    auto const piece = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - done)));
    file.read_at(offset + done, piece);
    visit({piece.data(), piece.size()});
    done += piece.size();
  }
}

}  // namespace

/// A file that goes up in blocks. One thread reads it, in order; others send what it has read.
struct Uploader::Blocks {
  std::shared_ptr<SourceFile const> file{};
  std::shared_ptr<BlobTarget> target{};
  std::string doing{};
  BlockLayout layout{};
  std::size_t id_length = kBlockIdLength;
  std::unordered_map<std::string, std::uint64_t> earlier{};  ///< On the server already: their sizes by id.
  std::vector<std::string> ids{};                            ///< Each written by the thread that sends the block.
  std::string md5{};                                         ///< Of the whole, when it has been read.
  std::atomic<std::size_t> pending{0};                       ///< Read and not yet sent.
  std::atomic<std::uint64_t> sent{0}, resumed{0};
};

void Uploader::put_large(UploadItem const& item, http::Deadline const& deadline) {
  auto const blocks = std::make_shared<Blocks>();
  blocks->doing = doing(item);
  blocks->file = std::make_shared<SourceFile const>(item, blocks->doing);
  blocks->target = std::make_shared<BlobTarget>(addresses_, item.blob);
  blocks->layout = block_layout(item.size, options_.limits.block);
  auto const md5 = [&] {
    if (blocks->md5.empty()) blocks->md5 = hash(*blocks->file, deadline);
    return blocks->md5;
  };
  auto const put = [&](bool only_new) {
    auto& target = *blocks->target;
    // Else it is the second list: the first was refused for what is there, and the blocks still wait.
    if (blocks->ids.empty()) {
      find_earlier(*blocks, deadline);
      send_blocks(blocks, deadline);
    }
    auto response = writer_.put_block_list(target, blocks->ids, blocks->md5, only_new, deadline);
    if (blob_error_code(response) == "InvalidBlockList" && blocks->resumed > 0) {
      // What was there has gone meanwhile, with another's list or by its age.
      blocks->earlier.clear();
      send_blocks(blocks, deadline);
      response = writer_.put_block_list(target, blocks->ids, blocks->md5, only_new, deadline);
    }
    return response;
  };
  // Before so many bytes are sent, one look costs little.
  if (!place(item, *blocks->target, true, md5, put, deadline)) {
    meter_.move(-static_cast<std::int64_t>(blocks->sent.load()));
    return;
  }
  bytes_ += blocks->sent;
  resumed_ += blocks->resumed;
}

void Uploader::find_earlier(Blocks& blocks, http::Deadline const& deadline) const {
  constexpr std::size_t kIdLengthMax = 64;
  for (auto& block : writer_.uncommitted_blocks(*blocks.target, deadline)) {
    auto const length = base::from_base64(block.id).value_or(std::string{}).size();
    if (length == 0 || length > kIdLengthMax) continue;
    blocks.id_length = length;
    blocks.earlier.emplace(std::move(block.id), block.size);
  }
  if (!tells_content(blocks.id_length)) blocks.earlier.clear();
}

void Uploader::send_blocks(std::shared_ptr<Blocks> const& blocks, http::Deadline const& deadline) {
  auto const& layout = blocks->layout;
  blocks->ids.assign(layout.count(), {});
  blocks->sent = blocks->resumed = 0;
  auto whole = base::Digest::md5();
  for (std::size_t number = 0; number < layout.count(); ++number) {
    // Also when it cannot hold the block: then it bounds how many are under way.
    auto const buffer = work_.take_buffer(deadline);
    auto const room = buffer->room();
    auto const size = layout.length(number);
    Payload payload;
    if (size <= room.size()) {
      auto const bytes = room.first(static_cast<std::size_t>(size));
      blocks->file->read_at(layout.offset(number), bytes);
      payload.bytes = {bytes.data(), bytes.size()};
      whole.update(payload.bytes);
    } else {
      payload = {.file = blocks->file, .offset = layout.offset(number), .size = size};
      auto part = base::Digest::md5();
      read_part(*blocks->file, payload.offset, size, room, deadline, [&](std::string_view piece) {
        part.update(piece);
        whole.update(piece);
      });
      payload.md5 = part.finish();
    }
    ++blocks->pending;
    work_.add([this, blocks, buffer, number, payload](http::Deadline const& left) {
      send_block(*blocks, number, payload, left);
    });
  }
  work_.wait_until([&] { return blocks->pending == 0; }, deadline);
  blocks->file->check_unchanged();
  blocks->md5 = whole.finish();
}

void Uploader::send_block(Blocks& blocks, std::size_t number, Payload payload, http::Deadline const& deadline) {
  auto const size = blocks.layout.length(number);
  if (!payload.file) payload.md5 = base::Digest::md5().update(payload.bytes).finish();
  auto& id = blocks.ids[number];
  id = block_id(number, payload.md5, blocks.id_length);
  auto const found = blocks.earlier.find(id);
  if (found != blocks.earlier.end() && found->second == size) {
    meter_.skip(size);
    blocks.resumed += size;
  } else {
    auto const response = writer_.put_block(*blocks.target, id, payload, deadline);
    check_written(response, blocks.doing);
    blocks.sent += size;
  }
  --blocks.pending;
}

std::string Uploader::hash(SourceFile const& file, http::Deadline const& deadline) {
  auto const buffer = work_.take_buffer(deadline);
  auto whole = base::Digest::md5();
  read_part(file, 0, file.size(), buffer->room(), deadline, [&](std::string_view piece) { whole.update(piece); });
  return whole.finish();
}

}  // namespace azureml::transfer
