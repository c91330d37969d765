// How many paths a second one ignore file judges: `bench_ignore_rules [PATTERNS [PATHS]]`, by default 200 patterns of
// the kinds that ignore files hold and 100,000 paths, on one core. Prints one line of JSON.
#include "snapshot/ignore_rules.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

using azureml::snapshot::IgnoreFile;

std::string word(std::mt19937& random) {
  static char const* const kParts[] = {"da", "ta",  "mo",  "del", "tra", "in",   "lo", "gs",
                                       "ca", "che", "out", "put", "tmp", "test", "no", "te"};
  std::string text;
  for (auto left = 2 + random() % 3; left > 0; --left) text += kParts[random() % std::size(kParts)];
  return text;
}

/// As they stand in real files: names, endings, anchored paths, folders, sets, `**`, and some that let things stay.
std::string ignore_file(std::mt19937& random, int patterns) {
  std::string text;
  for (int i = 0; i < patterns; ++i) {
    auto const name = word(random), other = word(random), ending = word(random).substr(0, 3);
    switch (random() % 20) {
      case 0:
      case 1:
      case 2:
      case 3:
        text += name;
        break;
      case 4:
      case 5:
      case 6:
        text += name + "/";
        break;
      case 7:
      case 8:
      case 9:
      case 10:
      case 11:
        text += "*." + ending;
        break;
      case 12:
        text += "/" + name + "/" + other;
        break;
      case 13:
        text += "/" + name + "/";
        break;
      case 14:
        text += name + "/*." + ending;
        break;
      case 15:
        text += "**/" + name + "/" + other;
        break;
      case 16:
        text += name + "/**/*." + ending;
        break;
      case 17:
        text += name + "*." + ending;
        break;
      case 18:
        text += "*." + ending + "[co]";
        break;
      default:
        text += "!" + name + "." + ending;
    }
    text += '\n';
  }
  return text;
}

std::vector<std::string> paths(std::mt19937& random, int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) {
    std::string path;
    for (auto depth = random() % 4; depth > 0; --depth) path += word(random) + "/";
    all.push_back(path + word(random) + std::to_string(random() % 100) + "." + word(random).substr(0, 3));
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  int const patterns = argc > 1 ? std::atoi(argv[1]) : 200;
  int const count = argc > 2 ? std::atoi(argv[2]) : 100'000;
  for (auto const syntax : {azureml::IgnoreRules::git, azureml::IgnoreRules::service}) {
    std::mt19937 random(20260327U);
    IgnoreFile const rules(".gitignore", ignore_file(random, patterns), syntax);
    auto const tested = paths(random, count);
    using Seconds = std::chrono::duration<double>;
    auto best = Seconds::max();
    std::size_t excluded = 0;
    for (int round = 0; round < 5; ++round) {
      excluded = 0;
      auto const begin = std::chrono::steady_clock::now();
      for (auto const& path : tested) {
        auto const* const rule = rules.match(path, false);
        excluded += rule && !rule->negative ? 1 : 0;
      }
      best = std::min<Seconds>(best, std::chrono::steady_clock::now() - begin);
    }
    std::printf(
        "{\"rules\": \"%s\", \"patterns\": %d, \"paths\": %zu, \"excluded\": %zu, \"tests_per_second\": %.0f}\n",
        syntax == azureml::IgnoreRules::git ? "git" : "service", patterns, tested.size(), excluded,
        static_cast<double>(tested.size()) / best.count());
  }
}
