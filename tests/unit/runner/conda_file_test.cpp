#include "engine/runner/conda_file.hpp"
#include "engine/runner/conda_names.hpp"
#include "engine/runner/run_failure.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

using Lines = std::vector<std::string>;

RunError error_of(std::string const& yaml) {
  try {
    read_conda_file(yaml);
  } catch (RunFailure const& failure) {
    return failure.error();
  }
  ADD_FAILURE() << "accepted: " << yaml;
  return {};
}

TEST(CondaFile, UsualSpecification_BecomesRequirements) {
  auto const request = read_conda_file(
      "name: x\nchannels: [conda-forge]\ndependencies:\n- python=3.8\n- pip=21\n- scikit-learn=1.4\n- conda-forge::numpy>=1.21,<2\n"
      "- pytorch\n- pip:\n  - azureml-defaults\n  - requests==2.31.0\n");
  EXPECT_EQ(request.requirements, (Lines{"scikit-learn==1.4.*", "numpy>=1.21,<2", "torch", "azureml-defaults", "requests==2.31.0"}));
  EXPECT_EQ(request.python, "==3.8.*");
  EXPECT_FALSE(request.pinned);
  ASSERT_EQ(request.notes.size(), 4U);  // three translations and the channels
  EXPECT_NE(request.notes[2].find("'torch'"), std::string::npos);
}

TEST(CondaFile, OnlyPythonAndPip_AsksForNothing) {
  auto const request = read_conda_file("dependencies: [python, pip]");
  EXPECT_TRUE(request.requirements.empty());
  EXPECT_TRUE(request.python.empty());
  EXPECT_TRUE(request.notes.empty());
  EXPECT_TRUE(request.pinned);
}

TEST(CondaFile, UnknownPackages_AreAllNamedWithTheRemedy) {
  auto const error = error_of("dependencies: [numpy, cudatoolkit=11, gcc_linux-64, pip: [x]]");
  EXPECT_EQ(error.code, "EnvironmentPackageUnknown");
  EXPECT_EQ(error.phase, "environment");
  EXPECT_NE(error.message.find("'cudatoolkit', 'gcc_linux-64'"), std::string::npos);
  EXPECT_NE(error.message.find("pip:"), std::string::npos);
  EXPECT_EQ(error.message.find("'numpy'"), std::string::npos);
}

TEST(CondaFile, WhatCannotBeRead_IsRefused) {
  for (auto const* yaml : {"dependencies: x", "- a\n- b", "dependencies: [a: [b]]", "dependencies: [\"numpy=1|2\"]", "a: [",
                           "dependencies: [pip: [-r other.txt]]", "dependencies: [pip: [-e .]]", "dependencies: [pip: x]"})
    EXPECT_EQ(error_of(yaml).code, "EnvironmentSpecificationInvalid") << yaml;
}

TEST(CondaFile, IndexOptionsOfPip_AreKept) {
  EXPECT_EQ(read_conda_file("dependencies: [pip: [\"--extra-index-url https://e/x\", \"a==1\"]]").requirements,
            (Lines{"--extra-index-url https://e/x", "a==1"}));
}

TEST(CondaVersions, ConditionsOfConda_AreWrittenAsPipDoes) {
  EXPECT_EQ(pip_version(""), "");
  EXPECT_EQ(pip_version("=1.4"), "==1.4.*");
  EXPECT_EQ(pip_version("=1.4.*"), "==1.4.*");
  EXPECT_EQ(pip_version("==1.4.2"), "==1.4.2");
  EXPECT_EQ(pip_version(" 1.4.*"), "==1.4.*");
  EXPECT_EQ(pip_version("=1.4=py38_0"), "==1.4.*");
  EXPECT_EQ(pip_version(" >= 1.2 , < 2"), ">=1.2,<2");
  EXPECT_THROW(pip_version("=1|=2"), std::invalid_argument);
  EXPECT_THROW(pip_version(">="), std::invalid_argument);
}

TEST(CondaVersions, VersionOfPython_IsComparedByNumbers) {
  EXPECT_TRUE(meets("3.11.2", ""));
  EXPECT_TRUE(meets("3.11.2", "==3.11.*"));
  EXPECT_FALSE(meets("3.11.2", "==3.1.*"));
  EXPECT_TRUE(meets("3.11.2", ">=3.8,<3.12"));
  EXPECT_FALSE(meets("3.11.2", "<3.9"));
  EXPECT_FALSE(meets("3.11.2", ">3.11"));
  EXPECT_TRUE(meets("3.11.2", "<=3.11"));
  EXPECT_FALSE(meets("3.11.2", "!=3.11.*"));
}

TEST(CondaNames, NameOfAnotherProjectOnPyPI_IsTranslated) {
  EXPECT_EQ(pypi_name("pytorch"), "torch");
  EXPECT_EQ(pypi_name("matplotlib-base"), "matplotlib");
  EXPECT_EQ(pypi_name("scikit-learn"), "scikit-learn");
  EXPECT_FALSE(pypi_name("no-such-name").has_value());
}

}  // namespace
}  // namespace azureml::engine::runner
