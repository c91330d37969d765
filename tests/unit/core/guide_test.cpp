// The two programs of the guide "How to train models with Azure Machine Learning", as written there: the members stand
// in an order in which both compile.
#include "unit/core/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml {
namespace {

TEST(Guide, FirstProgram_CompilesAndIsValid) {
  test::TemporaryDirectory const folder;
  folder.write("my-sklearn-proj/train.py", "print('hello')\n");
  DataReference const ds{.datastore = "workspaceblobstore"};
  ComputeName const compute_target = "local";

  ScriptParams script_params = {{"--data-folder", ds.as_mount()}, {"--regularization", 0.8}};
  Estimator sk_est{.source_directory = "./my-sklearn-proj",
                   .script_params = script_params,
                   .compute_target = compute_target,
                   .entry_script = "train.py",
                   .conda_packages = {"scikit-learn"}};

  sk_est.source_directory = folder.path() / sk_est.source_directory;
  EXPECT_THAT(test::described(validate(sk_est)), testing::IsEmpty());
  EXPECT_THAT(
      preview_arguments(sk_est),
      testing::ElementsAre("--data-folder", "$AZUREML_DATAREFERENCE_workspaceblobstore", "--regularization", "0.8"));
}

TEST(Guide, SecondProgram_CompilesAndIsValid) {
  test::TemporaryDirectory const folder;
  folder.write("my-cntk-proj/train.py", "print('hello')\n");
  ComputeName const compute_target = "cpu-cluster";

  Estimator estimator{.source_directory = "./my-cntk-proj",
                      .compute_target = compute_target,
                      .entry_script = "train.py",
                      .node_count = 2,
                      .process_count_per_node = 1,
                      .distributed_backend = "mpi",
                      .pip_packages = {"cntk==2.5.1"},
                      .custom_docker_base_image = "microsoft/mmlspark:0.12"};

  estimator.source_directory = folder.path() / estimator.source_directory;
  EXPECT_THAT(test::described(validate(estimator)), testing::IsEmpty());
}

}  // namespace
}  // namespace azureml
