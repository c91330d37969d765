// `Content-Range` as the client reads it and `Range` as the engine does. Lines: the header's value, then a size.
#include "engine/routes/byte_range.hpp"
#include "fuzz/fuzz_input.hpp"
#include "transfer/content_range.hpp"

using namespace azureml;

namespace {

void check_answer(std::string_view header) {
  auto const range = transfer::parse_content_range(header);
  if (!range) return;
  fuzz::require(range->first.has_value() == range->last.has_value(), "a range has both ends or none");
  fuzz::require(range->first || range->total, "a range says something");
  if (range->first) fuzz::require(*range->first <= *range->last, "a range does not end before it begins");
}

void check_question(std::string_view header, std::uint64_t size) {
  auto const asked = engine::routes::parse_range(header);
  if (!asked) return;
  fuzz::require(asked->first || asked->last, "a range asks for something");
  auto const part = engine::routes::satisfy(*asked, size);
  if (!part) return;
  fuzz::require(part->offset <= size && part->length <= size - part->offset, "what is sent lies in the file");
  fuzz::require(part->length > 0, "what is sent is not empty");
  if (asked->first) fuzz::require(part->offset == *asked->first, "what is sent begins where it was asked to");
  if (asked->first && asked->last) fuzz::require(part->length - 1 <= *asked->last - *asked->first, "no more is sent than was asked for");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto rest = fuzz::as_text(data, size);
  auto const header = fuzz::take_line(rest);
  auto const file_size = transfer::parse_size(fuzz::take_line(rest)).value_or(0);
  check_answer(header);
  check_question(header, file_size);
  check_question(header, UINT64_MAX);
  return 0;
}
