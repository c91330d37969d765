// Ridge regression: the data goes to the workspace's datastore and is mounted for the script, the packages are installed in an
// environment of the run's own, the model comes back.
// usage: sklearn_diabetes [SOURCE-DIRECTORY [MODEL-FILE [REGULARIZATION]]]
#include <azureml/azureml.hpp>

#include <filesystem>
#include <iostream>
#include <string>

int main(int argc, char** argv) try {
  std::filesystem::path const source = argc > 1 ? argv[1] : "./my-sklearn-proj";
  std::filesystem::path const model = argc > 2 ? argv[2] : "model.joblib";
  auto const data = (source / "../data").lexically_normal();
  double const regularization = argc > 3 ? std::stod(argv[3]) : 0.8;

  auto workspace = azureml::Workspace::local();
  azureml::Experiment experiment{workspace, "sklearn-diabetes"};
  auto ds = workspace.get_default_datastore();
  ds.upload(data);

  azureml::Estimator sk_est{.source_directory = source,
                            .script_params = {{"--data-folder", ds.as_mount()}, {"--regularization", regularization}},
                            .compute_target = "local",
                            .entry_script = "train.py",
                            .conda_packages = {"scikit-learn"}};

  auto run = experiment.submit(sk_est, {.tags = {{"data", "diabetes"}}});
  std::cout << "Run " << run.id() << ": " << run.get_details().status << std::endl;

  run.wait_for_completion({.show_output = true});
  for (auto const& name : run.get_file_names()) std::cout << "  " << name << '\n';
  auto const file = run.download_file("outputs/model.joblib", model);
  std::cout << "The model is in " << std::filesystem::absolute(file).string() << '\n' << run.get_status() << std::endl;
  return 0;
} catch (azureml::ValidationError const& error) {
  for (auto const& fault : error.faults()) std::cerr << fault.field << ": " << fault.problem << " (" << fault.remedy << ")\n";
  return 2;
} catch (azureml::RunFailedError const& error) {
  std::cerr << error.what() << '\n' << error.failure().last_output << '\n';
  return 3;
} catch (azureml::Error const& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
