#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace azureml::snapshot {

/// What a folder holds, in the order that the paths of the files in and beneath it have by their bytes (links count as
/// files). Takes 12 bytes and the name for each entry.
class FolderListing {
 public:
  struct Entry {
    std::uint32_t at = 0;  ///< Of the name in the text of all names.
    std::uint16_t size = 0;
    unsigned char type = 0;  ///< `DT_…`; DT_UNKNOWN only for what could not be looked at.
  };

  /// @return 0 or the errno of what failed @param entries_max what is beyond is left out
  int read(int folder, std::size_t entries_max);

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] Entry const& operator[](std::size_t index) const noexcept { return entries_[index]; }
  /// Ends with a zero byte behind it.
  [[nodiscard]] std::string_view name(Entry const& entry) const noexcept {
    return std::string_view(names_).substr(entry.at, entry.size);
  }
  [[nodiscard]] bool has(std::string_view name) const noexcept;

 private:
  void add(int folder, char const* name, unsigned char type);
  [[nodiscard]] bool before(Entry const& a, Entry const& b) const noexcept;

  std::string names_{};
  std::vector<Entry> entries_{};
};

}  // namespace azureml::snapshot
