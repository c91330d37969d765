// Trains on this machine and brings the result back.
#include <azureml/azureml.hpp>

#include <iostream>

int main() try {
  auto workspace = azureml::Workspace::local();
  azureml::Experiment experiment{workspace, "minimal"};

  azureml::Estimator estimator{.source_directory = "./train",
                               .script_params = {{"--steps", 5}, {"--rate", 0.5}},
                               .compute_target = "local",
                               .entry_script = "train.py"};

  auto run = experiment.submit(estimator);
  run.wait_for_completion({.show_output = true});
  run.download_file("outputs/result.txt", "result.txt");
  std::cout << run.get_status() << '\n';
} catch (azureml::Error const& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
