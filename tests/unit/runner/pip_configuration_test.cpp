#include "engine/runner/pip_configuration.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::StartsWith;

struct PipConfigurationTest : ::testing::Test {
  test::TemporaryDirectory directory{};
  std::string file = (directory.path() / "pip.conf").string();
  [[nodiscard]] std::vector<std::string> environment(std::vector<std::string> more = {}) const {
    more.push_back("PIP_CONFIG_FILE=" + file);
    return more;
  }
};

TEST_F(PipConfigurationTest, FileWithIndex_IsReadAndHandedToUv) {
  test::write_text(file, "[global]\nindex-url = https://index.example/simple\nextra_index_url = https://a.example\n  https://b.example\n"
                         "[list]\nindex-url = https://wrong.example\n");
  auto const pip = read_pip_configuration(environment());
  EXPECT_EQ(pip.index_url, "https://index.example/simple");
  EXPECT_EQ(pip.extra_index_url, "https://a.example https://b.example");
  auto const uv = with_uv_variables(environment(), pip);
  EXPECT_THAT(uv, Contains("UV_INDEX_URL=https://index.example/simple"));
  EXPECT_THAT(uv, Contains("UV_EXTRA_INDEX_URL=https://a.example https://b.example"));
}

TEST_F(PipConfigurationTest, Variables_WinOverFiles) {
  test::write_text(file, "[global]\nindex-url = https://file.example\n");
  EXPECT_EQ(read_pip_configuration(environment({"PIP_INDEX_URL=https://variable.example"})).index_url, "https://variable.example");
}

TEST_F(PipConfigurationTest, UvVariablesOfTheUser_Stay) {
  auto const uv = with_uv_variables({"UV_DEFAULT_INDEX=https://mine.example"}, {.index_url = "https://pip.example", .find_links = "/a /b"});
  EXPECT_THAT(uv, Not(Contains(StartsWith("UV_INDEX_URL="))));
  EXPECT_THAT(uv, Contains("UV_FIND_LINKS=/a,/b"));
}

}  // namespace
}  // namespace azureml::engine::runner
