// The body of Put Block List, and the ids in it.
#include "engine/routes/block_list.hpp"
#include "engine/routes/exchange.hpp"
#include "fuzz/fuzz_input.hpp"

#include <cctype>

using namespace azureml;
namespace routes = engine::routes;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  std::vector<routes::ListedBlock> blocks;
  try {
    blocks = routes::parse_block_list(text);
  } catch (routes::ApiError const& error) {
    fuzz::require(error.status == 400, "what is no list is the client's fault");
    return 0;
  }
  fuzz::require(blocks.size() <= routes::kBlocksMax, "a list is bounded");
  for (auto const& block : blocks) {
    try {
      auto const file = routes::block_file_name(block.id);
      fuzz::require(!file.empty() && file.size() <= 128, "the name of a block's file is bounded");
      for (char const c : file) fuzz::require(std::isxdigit(static_cast<unsigned char>(c)) != 0, "and holds hexadecimal digits alone");
      fuzz::require(routes::block_file_name(routes::block_id_of(file)) == file, "a block is found again by its file");
    } catch (routes::ApiError const& error) {
      fuzz::require(error.status == 400, "a bad id is the client's fault");
    }
  }
  return 0;
}
