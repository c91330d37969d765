#pragma once
#include "engine/runner/journal.hpp"
#include "engine/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// What a record of the journal tells about the data of a run, besides its state.
struct DataNews {
  struct Stored {
    std::uint64_t begin = 0, end = 0;  ///< Lines of the run's manifest.
  };
  struct Registered {
    std::string output{}, asset{}, type{}, address{};
  };
  std::optional<Stored> stored{};
  std::optional<Registered> registered{};
};
DataNews data_news(JournalRecord const& record);

/// Records the files of a part of a manifest as blobs, with their containers; may be repeated. Runs on the store
/// thread, looks at each file once. @returns where the next part begins; `begin` when there is none
std::uint64_t record_blobs(store::Store& database, std::filesystem::path const& manifest,
                           std::filesystem::path const& blobs, std::uint64_t begin, std::uint64_t end,
                           std::size_t lines_max);

/// Adds the output to its data asset as the next version. The output of a run is registered once, however often this is repeated.
void register_output(store::Store& database, std::string const& run_id, DataNews::Registered const& output);

}  // namespace azureml::engine::runner
