// How long it takes to know what a submit of a folder uploads: the plan and both hashes, beside a bare walk.
// usage: bench_snapshot FOLDER CACHE COUNT    one line a round: milliseconds of the walk, the plan, all the first time, all unchanged
//        bench_snapshot memory FOLDER CACHE   peak resident KiB after the plan, after the first time, and of the unchanged case alone
#include "snapshot/hashes.hpp"
#include "snapshot/snapshot.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>

namespace {

using namespace azureml::snapshot;

/// The floor: every folder read, every entry asked for what lstat says, nothing else.
std::size_t walk(int parent, char const* name) {
  int const fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  DIR* const folder = fd < 0 ? nullptr : ::fdopendir(fd);
  if (!folder) return 0;
  std::size_t count = 0;
  while (auto const* entry = ::readdir(folder)) {
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    struct stat status {};
    if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    ++count;
    if (S_ISDIR(status.st_mode)) count += walk(fd, entry->d_name);
  }
  ::closedir(folder);
  return count;
}

double milliseconds(std::function<void()> const& work) {
  auto const begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

long peak_kib() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

std::uint64_t hash(std::string const& folder, std::string const& cache) {
  return hash_tree(make_plan(folder), {.cache_directory = cache}).bytes_read;
}

int measure_time(std::string const& folder, std::string const& cache, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    double const walked = milliseconds([&] { (void)walk(AT_FDCWD, folder.c_str()); });
    double const planned = milliseconds([&] { (void)make_plan(folder); });
    std::filesystem::remove_all(cache + "/snapshots");
    double const first = milliseconds([&] { (void)hash(folder, cache); });
    std::uint64_t bytes = 0;
    double const unchanged = milliseconds([&] { bytes = hash(folder, cache); });
    if (bytes != 0) std::fprintf(stderr, "%llu bytes were read again: the folder is too young\n", static_cast<unsigned long long>(bytes));
    std::printf("%.3f %.3f %.3f %.3f\n", walked, planned, first, unchanged);
  }
  return 0;
}

int measure_memory(std::string const& folder, std::string const& cache) {
  for (int i = 0; i < 2; ++i) {  // each in a process of its own, since a peak never falls
    pid_t const child = ::fork();
    if (child == 0) {
      auto const plan = make_plan(folder);
      long const planned = peak_kib();
      auto const hashes = hash_tree(plan, {.cache_directory = cache});
      std::printf("%s: %zu files, plan %ld KiB, with hashes %ld KiB, %llu bytes read\n", i == 0 ? "first" : "unchanged", plan.files.size(), planned,
                  peak_kib(), static_cast<unsigned long long>(hashes.bytes_read));
      std::fflush(stdout);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::string(argv[1]) == "memory") return measure_memory(argv[2], argv[3]);
    if (argc == 4) return measure_time(argv[1], argv[2], std::atoi(argv[3]));
  } catch (std::exception const& error) {
    std::fprintf(stderr, "bench_snapshot: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: bench_snapshot FOLDER CACHE COUNT | bench_snapshot memory FOLDER CACHE\n");
  return 2;
}
