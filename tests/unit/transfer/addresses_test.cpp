#include "transfer/addresses.hpp"
#include "core/make_error.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

namespace azureml::transfer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOld[] = "https://a/c?sv=1&sig=old%2f";
constexpr char kNew[] = "https://a/c?sv=1&sig=new%2f";

TEST(WithQuery, UrlWithAndWithoutOne_TheParameterIsAdded) {
  EXPECT_EQ(with_query("https://a/b", "comp=block"), "https://a/b?comp=block");
  EXPECT_EQ(with_query("https://a/b?sig=x", "comp=block"), "https://a/b?sig=x&comp=block");
  EXPECT_EQ(with_query("https://a/b?", "comp=block"), "https://a/b?comp=block");
  EXPECT_EQ(with_query("https://a/b?sig=x&", "comp=block"), "https://a/b?sig=x&comp=block");
  EXPECT_EQ(with_query("https://a/b?sig=x", ""), "https://a/b?sig=x");
}

TEST(ContainerAddresses, BlobAndContainer_SignatureIsKeptAsItCame) {
  ContainerAddresses addresses(kOld);
  EXPECT_EQ(addresses.blob("d/a b", {}, {}), "https://a/c/d/a%20b?sv=1&sig=old%2f");
  EXPECT_EQ(addresses.container("restype=container&comp=list", {}, {}),
            "https://a/c?sv=1&sig=old%2f&restype=container&comp=list");
  ContainerAddresses bare("http://a/c/");
  EXPECT_EQ(bare.container("comp=list", {}, {}), "http://a/c?comp=list");
  EXPECT_EQ(bare.blob("b", {}, {}), "http://a/c/b");
}

TEST(ContainerAddresses, RefusedWithoutAWayToRenew_TheSameAddressComesBack) {
  ContainerAddresses addresses(kOld);
  auto const refused = addresses.blob("b", {}, {});
  EXPECT_EQ(addresses.blob("b", refused, {}), refused);
}

TEST(ContainerAddresses, Refused_IsRenewedOnceForAllItsBlobs) {
  int asked = 0;
  ContainerAddresses addresses(kOld, [&](Context const&) {
    ++asked;
    return kNew;
  });
  auto const one = addresses.blob("one", {}, {}), two = addresses.blob("two", {}, {});
  EXPECT_EQ(addresses.blob("one", one + "&comp=block&blockid=x", {}), "https://a/c/one?sv=1&sig=new%2f");
  EXPECT_EQ(addresses.blob("two", two, {}), "https://a/c/two?sv=1&sig=new%2f") << "refused with the old signature, too";
  EXPECT_EQ(addresses.blob("three", {}, {}), "https://a/c/three?sv=1&sig=new%2f");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(addresses.container("comp=list", "https://a/c?sv=1&sig=new%2f&comp=list", {}),
            "https://a/c?sv=1&sig=new%2f&comp=list");
  EXPECT_EQ(asked, 2) << "the new one was refused as well";
}

TEST(ContainerAddresses, SignatureThatBeginsLikeTheRefusedOne_IsNotTakenForIt) {
  int asked = 0;
  ContainerAddresses addresses("https://a/c?sig=ab", [&](Context const&) {
    ++asked;
    return kNew;
  });
  EXPECT_EQ(addresses.blob("b", "https://a/c/b?sig=abc", {}), "https://a/c/b?sig=ab");
  EXPECT_EQ(asked, 0);
}

TEST(ContainerAddresses, ManyThreadsRefusedAtOnce_ShareOneRenewal) {
  std::atomic<int> asked{0};
  std::latch begun{8};
  ContainerAddresses addresses(kOld, [&](Context const&) {
    ++asked;
    begun.wait();
    return kNew;
  });
  std::vector<std::jthread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      begun.count_down();
      if (addresses.blob("b", "https://a/c/b?sv=1&sig=old%2f", {}) == "https://a/c/b?sv=1&sig=new%2f") ++right;
    });
  threads.clear();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(asked, 1);
}

TEST(ContainerAddresses, RenewalFails_TheErrorReachesTheCallerAndTheNextOneTriesAgain) {
  int asked = 0;
  ContainerAddresses addresses(kOld, [&](Context const&) -> std::string {
    if (++asked == 1) throw core::make_error<ServiceError>("not now", {.status = 403});
    return kNew;
  });
  auto const refused = addresses.blob("b", {}, {});
  EXPECT_THROW(addresses.blob("b", refused, {}), ServiceError);
  EXPECT_EQ(addresses.blob("b", {}, {}), refused);
  EXPECT_EQ(addresses.blob("b", refused, {}), "https://a/c/b?sv=1&sig=new%2f");
}

TEST(ContainerAddresses, StoppedWhileAnotherRenews_EndsAtOnceAndLeavesTheRenewalAlone) {
  std::latch renewing{1}, go{1};
  ContainerAddresses addresses(kOld, [&](Context const&) {
    renewing.count_down();
    go.wait();
    return kNew;
  });
  std::string const refused = "https://a/c/b?sv=1&sig=old%2f";
  std::string got;
  std::jthread other([&] { got = addresses.blob("b", refused, {}); });
  renewing.wait();
  std::stop_source stop;
  std::jthread const stopper([&] { stop.request_stop(); });
  try {
    addresses.blob("b", refused, {.stop = stop.get_token()});
    ADD_FAILURE() << "nothing was thrown";
  } catch (StoppedError const& error) {
    EXPECT_FALSE(error.timed_out());
    EXPECT_THAT(error.what(), Not(HasSubstr("old")));
  }
  try {
    addresses.blob("b", refused, within(std::chrono::milliseconds(1)));
    ADD_FAILURE() << "nothing was thrown";
  } catch (StoppedError const& error) {
    EXPECT_TRUE(error.timed_out());
  }
  go.count_down();
  other.join();
  EXPECT_EQ(got, "https://a/c/b?sv=1&sig=new%2f");
}

TEST(ContainerAddresses, TheOneThatRenewsIsStopped_AnotherRenewsInItsPlace) {
  std::atomic<int> asked{0};
  std::latch renewing{1}, go{1};
  ContainerAddresses addresses(kOld, [&](Context const&) -> std::string {
    if (++asked > 1) return kNew;
    renewing.count_down();
    go.wait();
    throw core::make_error<StoppedError>("stopped by the caller");
  });
  std::string const refused = "https://a/c/b?sv=1&sig=old%2f";
  std::jthread first([&] { EXPECT_THROW(addresses.blob("b", refused, {}), StoppedError); });
  renewing.wait();
  std::string got;
  std::jthread second([&] { got = addresses.blob("b", refused, {}); });
  go.count_down();
  first.join();
  second.join();
  EXPECT_EQ(got, "https://a/c/b?sv=1&sig=new%2f");
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace azureml::transfer
