#pragma once
#include <cstdint>
#include <map>
#include <optional>

namespace azureml::transfer {

/// Bytes from `first` up to, not including, `end`.
struct ByteInterval {
  std::uint64_t first = 0, end = 0;
  friend bool operator==(ByteInterval const&, ByteInterval const&) = default;
};

/// Which bytes of a file there are. Neighbours become one.
class Intervals {
 public:
  void add(ByteInterval interval);
  void remove_from(std::uint64_t first);  ///< That byte and all behind it.
  /// The first gap below `size`, at most `length` long; nothing when there is none.
  [[nodiscard]] std::optional<ByteInterval> first_gap(std::uint64_t size, std::uint64_t length) const;
  /// Where the bytes that begin at 0 end.
  [[nodiscard]] std::uint64_t front() const;
  [[nodiscard]] std::uint64_t count() const;  ///< Of bytes.
  void clear() { ends_.clear(); }

 private:
  std::map<std::uint64_t, std::uint64_t> ends_{};  ///< By first byte.
};

}  // namespace azureml::transfer
