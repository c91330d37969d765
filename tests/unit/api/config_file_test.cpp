#include "api/config_file.hpp"

#include "support/temporary_directory.hpp"

#include <azureml/error.hpp>

#include <gtest/gtest.h>

namespace azureml::api {
namespace {

constexpr char kGood[] = R"({"subscription_id":"s","resource_group":"g","workspace_name":"w"})";

TEST(ConfigFile, Named_IsRead) {
  test::TemporaryDirectory directory;
  auto const info = read_config(directory.write("mine.json", kGood));
  EXPECT_EQ(info.subscription_id, "s");
  EXPECT_EQ(info.resource_group, "g");
  EXPECT_EQ(info.workspace_name, "w");
}

TEST(ConfigFile, OfAFolder_IsFoundInThePythonSdksPlaces) {
  test::TemporaryDirectory directory;
  directory.write("aml_config/config.json", R"({"subscription_id":"old","resource_group":"g","workspace_name":"w"})");
  EXPECT_EQ(read_config(directory.path()).subscription_id, "old");
  directory.write(".azureml/config.json", kGood);
  EXPECT_EQ(read_config(directory.path()).subscription_id, "s");
}

TEST(ConfigFile, WithoutAMember_NamesItAndTheFile) {
  test::TemporaryDirectory directory;
  auto const file = directory.write("c.json", R"({"subscription_id":"s","resource_group":7})");
  try {
    read_config(file);
    FAIL() << "two members are wrong";
  } catch (ValidationError const& error) {
    ASSERT_EQ(error.faults().size(), 2U);
    EXPECT_EQ(error.faults()[0].field, "resource_group");
    EXPECT_EQ(error.faults()[1].field, "workspace_name");
    EXPECT_NE(std::string(error.what()).find("c.json"), std::string::npos);
  }
}

TEST(ConfigFile, ThatIsNoJsonOrMissing_IsAValidationError) {
  test::TemporaryDirectory directory;
  EXPECT_THROW(read_config(directory.write("c.json", "{")), ValidationError);
  EXPECT_THROW(read_config(directory.path() / "none.json"), ValidationError);
  EXPECT_THROW(read_config(directory.path()), ValidationError);
}

}  // namespace
}  // namespace azureml::api
