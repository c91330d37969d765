#include "api/local/start_program.hpp"

#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>

#include <cerrno>
#include <filesystem>

namespace azureml::api {
namespace {

using namespace std::chrono_literals;

std::filesystem::path script(test::TemporaryDirectory const& directory, std::string const& text) {
  auto const file = directory.write("program", "#!/bin/sh\n" + text);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

TEST(StartDetached, ProgramThatSaysItIsReady_GoesOnWithoutUs) {
  test::TemporaryDirectory directory;
  auto const started = start_detached(script(directory, "echo '{\"ready\":1}'\nexec sleep 0.2\n"), {}, 10s);
  EXPECT_EQ(started.first_line, "{\"ready\":1}");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // nobody's child of ours is left to be reaped
  EXPECT_EQ(errno, ECHILD);
}

TEST(StartDetached, ProgramThatEnds_GivesItsWords) {
  test::TemporaryDirectory directory;
  auto const started = start_detached(script(directory, "echo \"no: $1\" >&2\nexit 1\n"), {"port taken"}, 10s);
  EXPECT_EQ(started.first_line, "");
  EXPECT_EQ(started.output, "no: port taken\n");
  EXPECT_FALSE(started.timed_out);
}

TEST(StartDetached, ProgramThatSaysNothing_TimesOut) {
  test::TemporaryDirectory directory;
  EXPECT_TRUE(start_detached(script(directory, "exec sleep 2\n"), {}, 50ms).timed_out);
}

TEST(StartDetached, Program_GetsNoDescriptorOfOurs) {
  test::TemporaryDirectory directory;
  auto const started = start_detached(script(directory, "ls /proc/self/fd | tr '\\n' ' '\n"), {}, 10s);
  EXPECT_EQ(started.output, "0 1 2 3 ");  // 3 is what ls itself has opened
}

TEST(StartDetached, WhatIsNoProgram_SaysSo) {
  test::TemporaryDirectory directory;
  EXPECT_NE(start_detached(directory.path() / "none", {}, 10s).output.find("cannot be executed"), std::string::npos);
}

}  // namespace
}  // namespace azureml::api
