#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// What a run takes of the machine while it runs.
struct Resources {
  unsigned cpus = 1, gpus = 0;
  std::uint64_t memory = 0;  ///< Bytes; 0: not said, and not counted.
  bool operator==(Resources const&) const = default;
};

/// What the runs share.
struct Capacity {
  unsigned cpus = 1;
  std::vector<std::string> gpus{};  ///< As CUDA_VISIBLE_DEVICES names them.
  std::uint64_t memory = 0;         ///< Bytes; 0: not counted.
};

inline constexpr char kUseGpu[] = "azureml-cpp.use_gpu", kCpus[] = "azureml-cpp.cpus", kGpus[] = "azureml-cpp.gpus", kMemory[] = "azureml-cpp.memory";

/// What a job asks for by its properties: `azureml-cpp.cpus`, `azureml-cpp.gpus` (else one with `azureml-cpp.use_gpu`), `azureml-cpp.memory`.
/// @throws std::invalid_argument with one sentence naming property, value and what it must be
Resources resources_of(std::map<std::string, std::string> const& properties);
/// The same, with the defaults when a property cannot be read.
Resources resources_or_default(std::map<std::string, std::string> const& properties) noexcept;

/// `cpus` 0: as many as this process may use, else rounded down, at least 1; `memory` 0: the machine's.
Capacity make_capacity(double cpus, std::vector<std::string> gpus, std::uint64_t memory);

/// `1536m`, `4g`, `512`: whole bytes, or with one of b, k, m, g (1024 each). @throws std::invalid_argument
std::uint64_t memory_from(std::string const& text);
std::string memory_text(std::uint64_t bytes);  ///< "1536 MiB"

/// Why a run with these wishes has the machine for itself; empty when it need not.
std::string reason_to_run_alone(Resources const& wanted, Capacity const& capacity);

}  // namespace azureml::engine::runner
