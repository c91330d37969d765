// Uses the installed library: a call that needs every layer to be linked, and values that need none.
#include <azureml/azureml.hpp>

#include <iostream>

int main(int argc, char** argv) {
  std::cout << "azureml " << azureml::version() << '\n';
  azureml::Estimator const estimator{.source_directory = argc > 1 ? argv[1] : "absent", .compute_target = "local", .entry_script = "train.py"};
  for (auto const& fault : azureml::validate(estimator)) std::cout << fault.field << ": " << fault.problem << '\n';
  std::cout << azureml::to_json(azureml::estimator_from_json(azureml::to_json(estimator)), 0) << '\n';
  try {
    auto const workspace = azureml::Workspace::get({.subscription_id = "s", .resource_group = "g", .workspace_name = "w"},
                                                   {.credential = azureml::Credential::from_token(azureml::Secret::literal("t")),
                                                    .request_timeout = std::chrono::seconds(5),
                                                    .resource_manager_url = "http://127.0.0.1:1"});
    workspace.get_run("none", azureml::within(std::chrono::seconds(5)));
    std::cout << "a closed port answered\n";
    return 1;
  } catch (azureml::Error const& error) {
    std::cout << "error: " << error.what() << '\n';
  }
  return 0;
}
