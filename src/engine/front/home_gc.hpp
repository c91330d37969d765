#pragma once
#include "engine/store/home.hpp"
#include "engine/store/store_thread.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace azureml::engine::front {

/// Something of a home that nothing refers to any more.
struct Garbage {
  std::string kind{};       ///< `staging-left`, `run-orphan`, …: kinds of findings; `snapshot-unused`, `environment-unused`.
  std::string path{};
  std::uint64_t bytes = 0;  ///< Of its files.
  friend bool operator==(Garbage const&, Garbage const&) = default;
};

struct GcOptions {
  bool dry_run = false;
  std::chrono::seconds age_min{86'400};  ///< What was changed or made since is left alone.
  bool live = false;                     ///< An engine serves the home: what may be on its way stays.
  std::function<bool()> stopped{};       ///< Asked between removals.
};

/// Finds, and unless it is a dry run removes, what nothing refers to: what uploads, removals, builds and killed supervisors have left, folders
/// and files the database does not know, snapshots no run was submitted with, environments no run has used. Never a run, a data asset, or
/// what one of them names. Reads all journals. Only in the process that holds the engine's lock, not on the store thread.
/// @returns what was (or would be) removed @throws std::runtime_error when the database is not whole: then nothing is removed
std::vector<Garbage> collect_garbage(store::Home const& home, store::StoreThread& store, GcOptions const& options = {});

std::string to_json_text(std::vector<Garbage> const& garbage);                  ///< `{"removed":[…]}`
/// @throws std::runtime_error when it is none of ours
std::vector<Garbage> garbage_from_json(std::string const& text);

}  // namespace azureml::engine::front
