#pragma once
#include <cstdint>
#include <string_view>

namespace azureml::engine::runner {

/// CRC-32 as in zlib and Ethernet (reflected polynomial 0xEDB88320).
std::uint32_t crc32(std::string_view bytes) noexcept;

}  // namespace azureml::engine::runner
