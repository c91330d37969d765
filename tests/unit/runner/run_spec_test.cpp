#include "engine/runner/run_spec.hpp"
#include "unit/runner/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace azureml::engine::runner {
namespace {

RunSpec full_spec() {
  RunSpec spec{.run_id = "r1", .attempt_id = "a1", .command = "echo 'x' \"${{inputs.a}}\"\n\xc3\xa4", .code_directory = "/c"};
  spec.conda_file = "dependencies: [python]";
  spec.has_conda_file = true;
  spec.context_variables = {{"AZUREML_RUN_TOKEN", "t"}};
  spec.job_variables = {{"A", "b=c"}};
  spec.inputs = {{"a", "1"}};
  spec.data_inputs = {{.name = "d", .mount = true, .address = "azureml://x", .source = "/s"}};
  spec.data_outputs = {{.name = "o", .address = "azureml://y", .container = "c", .directory = "/c", .path = "p"}};
  spec.mounts = "copy";
  spec.timeout = std::chrono::seconds(9);
  spec.cancel_grace = std::chrono::milliseconds(70);
  spec.keep_working_directory = true;
  spec.python = "/p";
  spec.environments = "/e";
  spec.cpu_share = 3;
  spec.gpus = {"GPU-a", "GPU-b"};
  spec.memory = std::uint64_t{1} << 40;
  spec.alone = true;
  spec.warnings = {"w"};
  return spec;
}

TEST(RunSpec, WrittenAndRead_IsTheSame) {
  test::TemporaryDirectory directory;
  auto const path = directory.path() / "spec.json";
  write_run_spec(path, full_spec());
  auto const spec = read_run_spec(path);
  EXPECT_EQ(to_json_text(spec), to_json_text(full_spec()));
  EXPECT_EQ(spec.command, full_spec().command);
  EXPECT_EQ(spec.timeout, std::chrono::seconds(9));
  EXPECT_EQ(spec.gpus, full_spec().gpus);
  EXPECT_EQ(spec.memory, full_spec().memory);
  EXPECT_TRUE(spec.alone);
  EXPECT_EQ(spec.data_inputs, full_spec().data_inputs);
  EXPECT_EQ(spec.data_outputs, full_spec().data_outputs);
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);  // it holds the run's token
}

TEST(RunSpec, WithoutTimeout_HasNone) {
  auto spec = full_spec();
  spec.timeout.reset();
  EXPECT_FALSE(run_spec_from_json(to_json_text(spec)).timeout.has_value());
}

TEST(RunSpec, OfAnEngineThatKnowsNoGpus_DiffersFromARunWithoutOne) {
  EXPECT_FALSE(run_spec_from_json(to_json_text({.run_id = "r"})).gpus.has_value());
  RunSpec none{.run_id = "r"};
  none.gpus.emplace();
  EXPECT_EQ(run_spec_from_json(to_json_text(none)).gpus, std::vector<std::string>{});
}

TEST(RunSpec, SpecificationOfAnEngineWithoutData_IsRead) {
  auto text = to_json_text(full_spec());
  auto const begin = text.find("\"data\":");
  auto const end = text.find("\"environments\":");
  text.erase(begin, end - begin);
  text.replace(text.find("\"v\":2"), 5, "\"v\":1");
  auto const spec = run_spec_from_json(text);
  EXPECT_EQ(spec.command, full_spec().command);
  EXPECT_TRUE(spec.data_inputs.empty());
  EXPECT_EQ(spec.mounts, "auto");
}

TEST(RunSpec, MissingMember_IsNamed) {
  try {
    run_spec_from_json(R"({"v":1,"run_id":"r","attempt_id":"a"})");
    FAIL();
  } catch (std::runtime_error const& error) {
    EXPECT_NE(std::string(error.what()).find("'command'"), std::string::npos);
  }
}

TEST(RunSpec, OtherVersionOrRunIdWithSlash_IsRefused) {
  EXPECT_THROW(run_spec_from_json(R"({"v":3})"), std::runtime_error);
  EXPECT_THROW(run_spec_from_json("["), std::runtime_error);
  auto spec = full_spec();
  spec.run_id = "../x";
  EXPECT_THROW(run_spec_from_json(to_json_text(spec)), std::runtime_error);
}

}  // namespace
}  // namespace azureml::engine::runner
