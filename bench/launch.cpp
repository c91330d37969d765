// The running client of bench/launch.py: submits the same folder again and again and tells when the first line and the end were seen.
// usage: launch SOURCE-DIRECTORY COUNT      prints COUNT lines "<first line ms> <end ms>"
#include <azureml/azureml.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) try {
  using Clock = std::chrono::steady_clock;
  if (argc != 3) return std::fputs("usage: launch SOURCE-DIRECTORY COUNT\n", stderr), 2;
  auto const milliseconds = [](Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); };

  azureml::Experiment const experiment{azureml::Workspace::local(), "bench-launch"};
  azureml::Estimator const estimator{.source_directory = argv[1], .compute_target = "local", .entry_script = "train.py"};
  for (int i = 0; i < std::atoi(argv[2]); ++i) {
    auto const begin = Clock::now();
    Clock::time_point first{};
    auto const status = experiment.submit(estimator).follow_logs([&](azureml::LogChunk const&) {
      if (first == Clock::time_point{}) first = Clock::now();
    });
    auto const end = Clock::now();
    if (!(status == azureml::RunState::completed)) return std::fprintf(stderr, "the run ended as %s\n", status.name().c_str()), 1;
    std::printf("%.3f %.3f\n", milliseconds(first - begin), milliseconds(end - begin));
    std::fflush(stdout);
  }
  return 0;
} catch (azureml::Error const& error) {
  return std::fprintf(stderr, "%s\n", error.what()), 1;
}
