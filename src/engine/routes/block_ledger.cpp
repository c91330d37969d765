#include "engine/routes/block_ledger.hpp"

#include "engine/routes/exchange.hpp"
#include "engine/routes/staged_file.hpp"

#include <system_error>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kBlobsKnown = 4096;

}  // namespace

BlockLedger::Count& BlockLedger::count_of(std::filesystem::path const& directory) {
  auto const key = directory.string();
  auto found = counts_.find(key);
  if (found == counts_.end()) {
    if (counts_.size() >= kBlobsKnown) {
      counts_.erase(uses_.back());
      uses_.pop_back();
    }
    found = counts_.emplace(key, Count{}).first;
    uses_.push_front(key);
    found->second.use = uses_.begin();
    std::error_code error;
    for (std::filesystem::directory_iterator it{directory, error}, end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      ++found->second.blocks;
      found->second.bytes += it->file_size(ignored);
      found->second.name_length = it->path().filename().string().size();
    }
  }
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return found->second;
}

void BlockLedger::place(StagedFile& block, std::filesystem::path const& directory, std::string const& name) {
  std::error_code absent;
  // The folder may have been thrown away as old since it was counted.
  if (!std::filesystem::exists(directory, absent)) forget(directory);
  auto& count = count_of(directory);
  if (count.blocks > 0 && count.name_length != name.size()) {
    throw ApiError{.status = 400,
                   .code = "InvalidBlobOrBlock",
                   .message = "The block id has another length than the blob's blocks before; all must have the same."};
  }
  auto const replaced = std::filesystem::file_size(directory / name, absent);
  bool const is_new = static_cast<bool>(absent);
  auto const bytes = count.bytes - (is_new ? 0 : replaced) + block.size();
  if (is_new && count.blocks >= limits_.count) {
    throw ApiError{.status = 409,
                   .code = "RequestEntityTooLargeBlockCountExceedsLimit",
                   .message = "The blob has " + std::to_string(count.blocks) +
                              " blocks without a list; more are not taken. Put the list of blocks."};
  }
  if (bytes > limits_.bytes) {
    throw ApiError{.status = 413,
                   .code = "RequestBodyTooLarge",
                   .message = "The blob's blocks without a list are too large together; put the list of blocks."};
  }
  block.move_to(directory / name);
  count.blocks += is_new ? 1 : 0;
  count.bytes = bytes;
  count.name_length = name.size();
}

void BlockLedger::forget(std::filesystem::path const& directory) {
  auto const found = counts_.find(directory.string());
  if (found == counts_.end()) return;
  uses_.erase(found->second.use);
  counts_.erase(found);
}

}  // namespace azureml::engine::routes
