// Runs the targets without a fuzzer: every file of a corpus as it is, then shortened and with single bytes changed, always the same way.
// usage: fuzz_corpus TARGET FOLDER
#include "fuzz/corpus_targets.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Target = int (*)(std::uint8_t const*, std::size_t);

constexpr struct {
  std::string_view name;
  Target run;
} kTargets[] = {
#define AZUREML_FUZZ_TARGET(name) {#name, fuzz_target_##name},
    AZUREML_FUZZ_TARGETS
#undef AZUREML_FUZZ_TARGET
};

constexpr std::size_t kVariants = 100;
/// Longer files are there for their length: run once, as they are.
constexpr std::size_t kVariedMax = 16 << 10;

/// From a block of its own exact size, so that a sanitizer sees what reads beyond.
void run(Target target, std::string const& text) {
  auto const copy = std::make_unique<std::uint8_t[]>(text.size());
  std::copy(text.begin(), text.end(), copy.get());
  target(copy.get(), text.size());
}

std::size_t run_variants(Target target, std::string const& text) {
  run(target, text);
  if (text.empty() || text.size() > kVariedMax) return 1;
  std::minstd_rand random(static_cast<std::uint32_t>(text.size()));
  for (std::size_t i = 0; i < kVariants; ++i) {
    auto changed = text;
    auto& byte = changed[random() % changed.size()];
    byte = static_cast<char>(random() % 2 == 0 ? random() : static_cast<unsigned char>(byte) ^ (1U << random() % 8));
    run(target, changed);
    run(target, text.substr(0, random() % text.size()));
  }
  return 1 + 2 * kVariants;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return std::fputs("usage: fuzz_corpus TARGET FOLDER\n", stderr), 2;
  auto const* const target = std::ranges::find(kTargets, std::string_view(words[1]), [](auto const& each) { return each.name; });
  if (target == std::end(kTargets)) return std::fprintf(stderr, "there is no target '%s'\n", words[1]), 2;
  std::vector<std::filesystem::path> files;
  for (auto const& entry : std::filesystem::directory_iterator(words[2])) files.push_back(entry.path());
  std::ranges::sort(files);
  std::size_t runs = 0;
  for (auto const& file : files) {
    std::fprintf(stderr, "%s\n", file.filename().c_str());  // the last one named is the one that failed
    std::ifstream stream(file, std::ios::binary);
    runs += run_variants(target->run, {std::istreambuf_iterator<char>(stream), {}});
  }
  if (files.empty()) return std::fputs("the corpus is empty\n", stderr), 1;
  std::printf("%zu inputs from %zu files\n", runs, files.size());
  return 0;
}
