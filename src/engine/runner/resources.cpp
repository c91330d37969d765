#include "engine/runner/resources.hpp"

#include "base/encoding.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <thread>

namespace azureml::engine::runner {
namespace {

constexpr unsigned kCountMax = 100'000;
constexpr std::uint64_t kMemoryMax = std::uint64_t{1} << 50;

unsigned machine_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::max(1U, std::thread::hardware_concurrency());
}

std::uint64_t machine_memory() {
  auto const pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

unsigned count_of(std::string const& name, std::string const& text, unsigned least) {
  unsigned value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > kCountMax)
    throw std::invalid_argument("The property '" + name + "' of the job is '" + text + "'; it must be a whole number from " +
                                std::to_string(least) + " to " + std::to_string(kCountMax) + ".");
  return value;
}

bool flag_of(std::string const& name, std::string const& text) {
  if (base::equal_ignoring_case(text, "true")) return true;
  if (base::equal_ignoring_case(text, "false")) return false;
  throw std::invalid_argument("The property '" + name + "' of the job is '" + text + "'; it must be true or false.");
}

std::string cpus_text(unsigned cpus) { return std::to_string(cpus) + (cpus == 1 ? " cpu" : " cpus"); }

}  // namespace

Resources resources_of(std::map<std::string, std::string> const& properties) {
  Resources wanted;
  auto const end = properties.end();
  if (auto const found = properties.find(kCpus); found != end) wanted.cpus = count_of(kCpus, found->second, 1);
  if (auto const found = properties.find(kUseGpu); found != end && flag_of(kUseGpu, found->second)) wanted.gpus = 1;
  if (auto const found = properties.find(kGpus); found != end) wanted.gpus = count_of(kGpus, found->second, wanted.gpus);
  if (auto const found = properties.find(kMemory); found != end) {
    try {
      wanted.memory = memory_from(found->second);
    } catch (std::invalid_argument const& error) {
      throw std::invalid_argument("The property '" + std::string(kMemory) + "' of the job is '" + found->second + "'; it must be " + error.what() + ".");
    }
  }
  return wanted;
}

Resources resources_or_default(std::map<std::string, std::string> const& properties) noexcept {
  try {
    return resources_of(properties);
  } catch (std::exception const&) {
    return {};
  }
}

Capacity make_capacity(double cpus, std::vector<std::string> gpus, std::uint64_t memory) {
  return {.cpus = cpus > 0 ? static_cast<unsigned>(std::clamp(std::floor(cpus), 1.0, static_cast<double>(kCountMax))) : machine_cpus(),
          .gpus = std::move(gpus),
          .memory = memory > 0 ? memory : machine_memory()};
}

std::uint64_t memory_from(std::string const& text) {
  constexpr char kExpected[] = "a number of bytes, or one with k, m or g behind it (1024 each), such as 512m";
  std::uint64_t value = 0;
  auto const* const last = text.data() + text.size();
  auto const [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || last - end > 1 || value > kMemoryMax) throw std::invalid_argument(kExpected);
  unsigned shift = 0;
  if (end != last) {
    auto const unit = std::string("bkmg").find(base::to_lower_ascii(std::string(end, last)));
    if (unit == std::string::npos) throw std::invalid_argument(kExpected);
    shift = static_cast<unsigned>(unit) * 10;
  }
  if (value > kMemoryMax >> shift) throw std::invalid_argument(kExpected);
  return value << shift;
}

std::string memory_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMebi = 1 << 20;
  return bytes % kMebi == 0 || bytes > 16 * kMebi ? std::to_string(bytes / kMebi) + " MiB" : std::to_string(bytes) + " bytes";
}

std::string reason_to_run_alone(Resources const& wanted, Capacity const& capacity) {
  std::string asked, there;
  auto const add = [&](std::string const& more, std::string const& less) {
    asked += (asked.empty() ? "" : " and ") + more;
    there += (there.empty() ? "" : " and ") + less;
  };
  if (wanted.cpus > capacity.cpus) add(cpus_text(wanted.cpus), cpus_text(capacity.cpus));
  if (capacity.memory > 0 && wanted.memory > capacity.memory) add(memory_text(wanted.memory) + " of memory", memory_text(capacity.memory) + " of memory");
  if (asked.empty()) return {};
  return "the run asks for " + asked + ", but there are only " + there + ": it runs alone, with what there is";
}

}  // namespace azureml::engine::runner
