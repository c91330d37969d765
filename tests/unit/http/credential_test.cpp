#include "core/make_error.hpp"
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"

#include <azureml/credential.hpp>
#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <latch>
#include <thread>

namespace azureml::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct TokenSourceTest : testing::Test {
  test::FakeClock clock;
  std::atomic<int> calls = 0;
  std::string scope;

  TokenSource source(std::chrono::seconds life = 1h) {
    return token_source(Credential::from_callback([this, life](std::string_view asked) {
                          scope = asked;
                          return AccessToken{.token = "t" + std::to_string(++calls), .expires_on = clock.now() + life};
                        }),
                        clock);
  }
};

TEST_F(TokenSourceTest, NoCredential_IsNoSource) {
  EXPECT_FALSE(token_source(Credential{}, clock));
}

TEST_F(TokenSourceTest, Token_IsKeptUntilFiveMinutesBeforeItsEnd) {
  auto const token = source();
  EXPECT_EQ(token(false, {}), "t1");
  EXPECT_EQ(scope, "https://management.azure.com/.default");
  clock.advance(55min);
  EXPECT_EQ(token(false, {}), "t1");
  clock.advance(1s);
  EXPECT_EQ(token(false, {}), "t2");
}

TEST_F(TokenSourceTest, Refresh_AsksAnew) {
  auto const token = source();
  EXPECT_EQ(token(false, {}), "t1");
  EXPECT_EQ(token(true, {}), "t2");
  EXPECT_EQ(token(false, {}), "t2");
}

TEST_F(TokenSourceTest, TwoSourcesOfOneCredential_ShareTheToken) {
  auto const credential = Credential::from_callback([this](std::string_view) {
    return AccessToken{.token = "t" + std::to_string(++calls), .expires_on = clock.now() + 1h};
  });
  EXPECT_EQ(token_source(credential, clock)(false, {}), "t1");
  EXPECT_EQ(token_source(credential, clock)(false, {}), "t1");
}

TEST_F(TokenSourceTest, ManyThreads_CauseOneCall) {
  std::latch asked(1), go(1);
  auto const token = token_source(Credential::from_callback([&](std::string_view) {
                                    ++calls;
                                    asked.count_down();
                                    go.wait();
                                    return AccessToken{.token = "one", .expires_on = clock.now() + 1h};
                                  }),
                                  clock);
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] { right += token(false, {}) == "one"; });
    asked.wait();
    for (int i = 0; i < 7; ++i) threads.emplace_back([&] { right += token(false, {}) == "one"; });
    go.count_down();
  }
  EXPECT_EQ(right, 8);
  EXPECT_EQ(calls, 1);
}

TEST_F(TokenSourceTest, WaitForAnotherThread_EndsWithTheStop) {
  std::latch asked(1), go(1);
  auto const token = token_source(Credential::from_callback([&](std::string_view) {
                                    asked.count_down();
                                    go.wait();
                                    return AccessToken{.token = "one", .expires_on = clock.now() + 1h};
                                  }),
                                  clock);
  std::jthread const first([&] { token(false, {}); });
  asked.wait();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(token(false, {.stop = stop.get_token(), .timeout = {}}), StoppedError);
  try {
    token(false, within(1ms));
    ADD_FAILURE() << "not stopped";
  } catch (StoppedError const& error) {
    EXPECT_TRUE(error.timed_out());
  }
  go.count_down();
}

TEST_F(TokenSourceTest, CallbackThrows_IsAnAuthenticationErrorWithItsMessage) {
  auto const token = token_source(
      Credential::from_callback([](std::string_view) -> AccessToken { throw std::runtime_error("vault is sealed"); }),
      clock);
  try {
    token(false, {});
    FAIL() << "no error";
  } catch (AuthenticationError const& error) {
    EXPECT_THAT(error.what(), HasSubstr("vault is sealed"));
    EXPECT_FALSE(error.retryable());
  }
}

TEST_F(TokenSourceTest, CallbackThrowsSomethingElse_IsAnAuthenticationError) {
  auto const token = token_source(Credential::from_callback([](std::string_view) -> AccessToken { throw 7; }), clock);
  EXPECT_THROW(token(false, {}), AuthenticationError);
}

TEST_F(TokenSourceTest, RetryableErrorOfTheCallback_StaysRetryable) {
  auto const token = token_source(Credential::from_callback([](std::string_view) -> AccessToken {
                                    throw core::make_error<TransportError>("no network", {.retryable = true});
                                  }),
                                  clock);
  try {
    token(false, {});
    FAIL() << "no error";
  } catch (AuthenticationError const& error) {
    EXPECT_TRUE(error.retryable());
  }
}

TEST_F(TokenSourceTest, EmptyToken_IsRefused) {
  auto const token = token_source(Credential::from_callback([](std::string_view) { return AccessToken{}; }), clock);
  EXPECT_THROW(token(false, {}), AuthenticationError);
}

TEST_F(TokenSourceTest, RenewalFailsWhileTheOldOneHolds_OldOneIsUsed) {
  auto const token = token_source(Credential::from_callback([&](std::string_view) {
                                    if (++calls > 1) throw std::runtime_error("out of reach");
                                    return AccessToken{.token = "old", .expires_on = clock.now() + 10min};
                                  }),
                                  clock);
  EXPECT_EQ(token(false, {}), "old");
  clock.advance(6min);
  EXPECT_EQ(token(false, {}), "old");
  EXPECT_THROW(token(true, {}), AuthenticationError);
  clock.advance(5min);
  EXPECT_THROW(token(false, {}), AuthenticationError);
}

TEST_F(TokenSourceTest, TokenOfAFile_IsReadEachTime) {
  auto const path = testing::TempDir() + "azureml_token_" + std::to_string(::getpid());
  std::ofstream(path) << "first\n";
  auto const token = token_source(Credential::from_token(Secret::from_file(path)), clock);
  EXPECT_EQ(token(false, {}), "first");
  std::ofstream(path) << "second\n";
  EXPECT_EQ(token(false, {}), "second");
  std::remove(path.c_str());
  EXPECT_THROW(token(false, {}), AuthenticationError);
}

TEST(Credential, Nothing_IsRefused) {
  EXPECT_THROW(Credential::from_callback({}), ValidationError);
  EXPECT_THROW(Credential::from_token({}), ValidationError);
}

}  // namespace
}  // namespace azureml::http
