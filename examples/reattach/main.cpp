// Submits in one process and follows in another: a run is referred to by its id alone, which is kept in a file.
// usage: reattach submit SOURCE-DIRECTORY ID-FILE
//        reattach follow ID-FILE
#include <azureml/azureml.hpp>

#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

namespace {

int submit(std::string const& source, std::string const& id_file) {
  azureml::Experiment const experiment{azureml::Workspace::local(), "reattach"};
  // On disk before anything is sent: whatever happens to this process, the run can be found, and submitting it again gives the same run.
  auto const id = experiment.new_run_id();
  std::ofstream(id_file) << id << '\n';
  azureml::Estimator const estimator{.source_directory = source, .compute_target = "local", .entry_script = "train.sh"};
  std::cout << "submitted " << experiment.submit(estimator, {.run_id = id}).id() << '\n';
  return 0;
}

int follow(std::string const& id_file) {
  std::string id;
  if (!std::getline(std::ifstream(id_file), id)) {
    std::cerr << id_file << " holds no run id\n";
    return 2;
  }
  auto const run = azureml::Workspace::local().get_run(id);
  auto const status = run.follow_logs([](azureml::LogChunk const& chunk) { std::cout << chunk.text << std::flush; });
  std::cout << run.id() << " ended: " << status << '\n';
  return status == azureml::RunState::completed ? 0 : 3;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string_view const verb = argc > 1 ? argv[1] : "";
  if (verb == "submit" && argc == 4) return submit(argv[2], argv[3]);
  if (verb == "follow" && argc == 3) return follow(argv[2]);
  std::cerr << "usage: reattach submit SOURCE-DIRECTORY ID-FILE | reattach follow ID-FILE\n";
  return 2;
} catch (azureml::Error const& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
