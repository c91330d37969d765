#include "base/unique_fd.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/run_manager.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/runner/run_spec.hpp"
#include "engine/runner/supervisor.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace azureml::engine::runner {

int supervise(std::filesystem::path const& run_directory) {
  try {
    RunPaths const paths{std::filesystem::absolute(run_directory)};
    auto const lock = base::open_file(paths.lock(), O_RDWR | O_CREAT, 0600);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return 0;  // another supervisor has the run, or the engine is judging it
    auto const spec = read_run_spec(paths.spec());
    if (base::read_small_file(paths.attempt(), 4096) != spec.attempt_id) return 0;
    JournalReader journal(paths.journal());
    if (!journal.read().empty()) return 0;  // an attempt is made once
    ::umask(0077);
    Supervisor(paths, spec).run();
    return 0;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "the supervisor of '%s' cannot go on: %s\n", run_directory.c_str(), error.what());
    return 1;
  }
}

}  // namespace azureml::engine::runner
