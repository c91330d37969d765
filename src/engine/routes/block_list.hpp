#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace azureml::engine::routes {

inline constexpr std::size_t kBlocksMax = 50'000;
inline constexpr std::size_t kBlockListMax = 8 << 20;

/// The ids in the body of Put Block List, in order. @throws ApiError 400 InvalidXmlDocument, BlockListTooLong, or InvalidBlockList for
/// blocks of an earlier list (`Committed`), which the engine does not keep
std::vector<std::string> parse_block_list(std::string_view xml);
/// The file that a block is kept in until its list comes. @throws ApiError 400 when the id is not base64 of 1 to 64 bytes
std::string block_file_name(std::string_view id);

}  // namespace azureml::engine::routes
