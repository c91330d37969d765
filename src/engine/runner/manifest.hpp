#pragma once
#include "engine/store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// A file of a run's output that is, or is about to be, a blob: a line of the run's manifest, `outputs.jsonl`.
struct ManifestLine {
  store::BlobRecord blob{};
  /// The file that was put there, to know it from what others put there afterwards.
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
};

std::string to_text(ManifestLine const& line);  ///< With its newline.

/// The lines from one offset of a manifest on, at most `lines_max` and up to `end`.
struct ManifestPart {
  std::vector<ManifestLine> lines{};
  std::uint64_t next = 0;  ///< Where the following part begins; the same as the beginning at the end.
};
/// Leaves out what is no line of a manifest, and a torn one at the end. No file: nothing. @throws std::system_error
ManifestPart read_manifest(std::filesystem::path const& manifest, std::uint64_t begin, std::uint64_t end,
                           std::size_t lines_max);

/// The records of those lines whose files are in their place below `blobs`. A file that was never put there, or that
/// somebody else has replaced since, is not the run's to speak of. Looks at each file once.
std::vector<store::BlobRecord> blobs_in_place(std::vector<ManifestLine> const& lines,
                                              std::filesystem::path const& blobs);

}  // namespace azureml::engine::runner
