#include "core/names.hpp"

#include <azureml/data_reference.hpp>

#include <gtest/gtest.h>

#include <filesystem>

namespace azureml {
namespace {

TEST(DataReference, Path_IsBelowAndGotInTheSameWay) {
  DataReference const whole{.datastore = "blob"};
  EXPECT_EQ(whole.path("sets"), (DataReference{.datastore = "blob", .path_on_datastore = "sets"}));
  auto const part = DataReference{.datastore = "blob",
                                  .path_on_datastore = "sets/",
                                  .mode = DataMode::download,
                                  .path_on_compute = "in",
                                  .name = "sets",
                                  .overwrite = true}
                        .path("/iris");
  EXPECT_EQ(part.mode, DataMode::download);
  EXPECT_TRUE(part.overwrite);
  EXPECT_EQ(part.name, "");
  EXPECT_EQ(part.path_on_compute, "");
  EXPECT_EQ(core::normal_datastore_path(part.path_on_datastore), "sets/iris");
  EXPECT_EQ(core::datastore_uri(part), "azureml://datastores/blob/paths/sets/iris");
}

TEST(DataScheme, PathsOfThisMachine_HaveNone) {
  for (auto const* path : {"./data", "data", "/data", "C:/data", "a:b", ""})
    EXPECT_FALSE(core::has_data_scheme(path)) << path;
  for (auto const* address : {"azureml:a:1", "azureml:", "azureml://datastores/d/paths/x", "https://h/x", "foo://x"})
    EXPECT_TRUE(core::has_data_scheme(address)) << address;
}

TEST(LocalName, IsTheLastPart) {
  EXPECT_EQ(core::local_name("data/iris"), "iris");
  EXPECT_EQ(core::local_name("data/iris/"), "iris");
  EXPECT_EQ(core::local_name("/a/b/../c"), "c");
  EXPECT_EQ(core::local_name("."), std::filesystem::current_path().filename().string());
  EXPECT_EQ(core::local_name("/"), "");
}

}  // namespace
}  // namespace azureml
