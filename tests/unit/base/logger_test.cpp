#include "log/logger.hpp"

#include "base/unique_fd.hpp"
#include "support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace azureml::logging {
namespace {

using ::testing::ElementsAre;

struct Records {
  std::vector<std::string> lines{};
  Logger logger(Level level) {
    return Logger::to_sink("http", level, [this](Level l, std::string_view component, std::string_view message) {
      lines.push_back(std::to_string(static_cast<int>(l)) + " " + std::string(component) + " " + std::string(message));
    });
  }
};

TEST(Logger, Default_IsSilent) {
  Logger const logger;
  for (auto const level : {Level::trace, Level::debug, Level::info, Level::warning, Level::error}) {
    EXPECT_FALSE(logger.enabled(level));
    logger.write(level, "nobody hears this");
  }
  logger.named("other").error("nor this");
}

TEST(Logger, Level_LetsThroughItselfAndAbove) {
  Records records;
  auto const logger = records.logger(Level::info);
  logger.trace("a");
  logger.debug("b");
  logger.info("c");
  logger.warning("d");
  logger.error("e");
  EXPECT_THAT(records.lines, ElementsAre("2 http c", "3 http d", "4 http e"));
  EXPECT_FALSE(logger.enabled(Level::debug));
  EXPECT_TRUE(logger.enabled(Level::info));
}

TEST(Logger, Trace_LetsThroughEverything) {
  Records records;
  records.logger(Level::trace).trace("a");
  EXPECT_THAT(records.lines, ElementsAre("0 http a"));
}

TEST(Logger, Named_GoesToTheSamePlaceUnderAnotherName) {
  Records records;
  auto const logger = records.logger(Level::info);
  logger.named("rest").info("x");
  logger.info("y");
  logger.named("rest").debug("not this");
  EXPECT_THAT(records.lines, ElementsAre("2 rest x", "2 http y"));
}

TEST(Logger, Text_IsNotTakenForAFormat) {
  Records records;
  records.logger(Level::info).info("{} {0} %s \xFF {");
  EXPECT_THAT(records.lines, ElementsAre("2 http {} {0} %s \xFF {"));
}

TEST(Logger, SinkThrows_CallerIsNotDisturbed) {
  int calls = 0;
  auto const logger = Logger::to_sink("x", Level::info, [&](Level, std::string_view, std::string_view) {
    ++calls;
    if (calls == 1) throw std::runtime_error("full");
    throw 42;
  });
  logger.info("a");
  logger.info("b");
  logger.info("c");
  EXPECT_EQ(calls, 3);
}

TEST(Logger, SinkLogsItself_IsNotCalledForThat) {
  Logger logger;
  int calls = 0;
  logger = Logger::to_sink("x", Level::info, [&](Level, std::string_view, std::string_view) {
    ++calls;
    logger.info("again");
    logger.named("y").error("and again");
  });
  logger.info("first");
  logger.info("second");
  EXPECT_EQ(calls, 2);
}

TEST(Logger, ManyThreads_SinkIsCalledOnceAtATime) {
  std::atomic<int> inside{0};
  int together = 0, calls = 0;
  auto const logger = Logger::to_sink("x", Level::info, [&](Level, std::string_view, std::string_view) {
    if (++inside > 1) ++together;
    ++calls;
    --inside;
  });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        auto const mine = logger.named("t" + std::to_string(t));
        for (int i = 0; i < 500; ++i) mine.info("x");
      });
  }
  EXPECT_EQ(together, 0);
  EXPECT_EQ(calls, 2000);
}

TEST(Logger, File_GetsLinesWithTimeLevelAndComponentAppended) {
  test::TemporaryDirectory const folder;
  auto const path = folder.write("engine.log", "before\n");
  {
    auto const logger = Logger::to_file("engine", Level::debug, path.string());
    logger.debug("started");
    logger.named("front").warning("slow");
    logger.trace("not this");
  }
  auto const text = base::read_small_file(path);
  EXPECT_TRUE(
      std::regex_match(text, std::regex("before\n"
                                        "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z debug engine: started\n"
                                        "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z warning front: slow\n")))
      << text;
}

TEST(Logger, FileThatCannotBeWritten_IsSilentAndOneThatCannotBeOpenedThrows) {
  Logger::to_file("x", Level::info, "/dev/full").info("lost");
  EXPECT_THROW(Logger::to_file("x", Level::info, "/nonexistent/folder/x.log"), std::system_error);
}

TEST(Logger, Stderr_GetsALine) {
  ::testing::internal::CaptureStderr();
  Logger::to_stderr("cli", Level::warning).error("failed");
  Logger::to_stderr("cli", Level::warning).info("not this");
  auto const text = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(std::regex_match(text, std::regex("\\d{4}-.*Z error cli: failed\n"))) << text;
}

}  // namespace
}  // namespace azureml::logging
