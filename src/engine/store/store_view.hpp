#pragma once
#include "engine/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace azureml::engine::store {

/// A second look at a store that somebody else may be writing: a read-only connection that goes through all of it, a page at a time, so
/// that no read lasts long. Only in the process that holds the engine's lock. One thread at a time. Every member throws
/// std::runtime_error with one sentence when the file cannot be read.
class StoreView {
 public:
  explicit StoreView(std::filesystem::path const& database);
  ~StoreView();
  StoreView(StoreView const&) = delete;
  StoreView& operator=(StoreView const&) = delete;

  /// What SQLite finds wrong with pages, indexes and constraints, at most `limit` sentences; none: the file is whole. Also says when
  /// the file is another program's or of another schema. Reads all of the file.
  std::vector<std::string> faults(std::size_t limit);

  std::optional<BlobRecord> find_blob(std::string const& container, std::string const& name);
  bool has_blobs(std::string const& container, std::string const& folder);  ///< One at `folder`, or one below it.
  bool has_job(std::string const& name);
  void each_blob(std::function<void(BlobRecord const&)> const& visit);      ///< Without metadata.
  struct Job {
    std::string name{}, status{}, attempt_id{}, definition{};
    std::uint64_t applied_seq = 0;
  };
  void each_job(std::function<void(Job const&)> const& visit);
  struct Code {
    std::string name{}, version{}, uri{};
    TimePoint created{};
  };
  void each_code(std::function<void(Code const&)> const& visit);
  void each_data_uri(std::function<void(std::string const&)> const& visit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace azureml::engine::store
