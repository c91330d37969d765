#include "base/uuid.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"

namespace azureml::base {

std::string new_uuid() {
  auto bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  auto text = to_hex(bytes);
  for (auto const at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

std::string random_hex(std::size_t digits) { return to_hex(random_bytes((digits + 1) / 2)).substr(0, digits); }

}  // namespace azureml::base
