#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::routes {

inline constexpr std::size_t kBlocksMax = 50'000;
inline constexpr std::size_t kBlockListMax = 8 << 20;

/// A block as a list names it.
struct ListedBlock {
  enum class From {
    committed,    ///< `Committed`: of the blob as it is
    uncommitted,  ///< `Uncommitted`: uploaded since
    latest,       ///< `Latest`: uploaded since, else of the blob as it is
  } from = From::latest;
  std::string id{};
  friend bool operator==(ListedBlock const&, ListedBlock const&) = default;
};
/// The body of Put Block List. @throws ApiError 400 InvalidXmlDocument or BlockListTooLong
std::vector<ListedBlock> parse_block_list(std::string_view xml);
/// The file that a block is kept in until its list comes. @throws ApiError 400 when the id is not base64 of 1 to 64 bytes
std::string block_file_name(std::string_view id);
/// The id of a block by its file, as base64; empty when the file is none.
std::string block_id_of(std::string_view file_name);

}  // namespace azureml::engine::routes
