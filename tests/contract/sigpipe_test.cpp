#include "run_fixture.hpp"

#include <signal.h>

#include <csignal>

namespace azureml::test {
namespace {

volatile std::sig_atomic_t broken_pipes = 0;

using SigpipeTest = RunTest;

TEST_F(SigpipeTest, ConnectionsThatBreakWhileWriting_RaiseNoSignal) {
  struct sigaction ours {
  }, before{};
  ours.sa_handler = [](int) { broken_pipes = broken_pipes + 1; };
  ASSERT_EQ(sigaction(SIGPIPE, &ours, &before), 0);
  for (auto const after : {0U, 1U, 100'000U}) service.server().cut_upload("PUT", "/acct/*", after);
  auto const report = run.upload_file("outputs/large", directory.write("large", std::string(6 << 20, 'x')));
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(service.server().cut_uploads(), 3);
  EXPECT_EQ(broken_pipes, 0);
  struct sigaction after {};
  ASSERT_EQ(sigaction(SIGPIPE, &before, &after), 0);
  EXPECT_EQ(after.sa_handler, ours.sa_handler);
}

}  // namespace
}  // namespace azureml::test
