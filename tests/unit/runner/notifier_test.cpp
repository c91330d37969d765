#include "engine/runner/notifier.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

TEST(Notifier, Publish_CallsTheSubscribersOfTheTopicOnly) {
  Notifier notifier;
  int a = 0, b = 0;
  auto const one = notifier.subscribe("run:a", [&] { ++a; });
  auto const two = notifier.subscribe("run:a", [&] { ++a; });
  auto const other = notifier.subscribe("run:b", [&] { ++b; });
  notifier.publish("run:a");
  EXPECT_EQ(a, 2);
  EXPECT_EQ(b, 0);
}

TEST(Notifier, EndedSubscription_IsNotCalledAndNotWatched) {
  Notifier notifier;
  int count = 0;
  {
    auto const subscription = notifier.subscribe("t", [&] { ++count; });
    EXPECT_TRUE(notifier.watched("t"));
  }
  EXPECT_FALSE(notifier.watched("t"));
  notifier.publish("t");
  EXPECT_EQ(count, 0);
}

TEST(Notifier, CallbackThatSubscribesAndEnds_DoesNotDeadlock) {
  Notifier notifier;
  Notifier::Subscription inner, outer;
  outer = notifier.subscribe("t", [&] {
    inner = notifier.subscribe("t", [] {});
    outer = {};
  });
  notifier.publish("t");
  EXPECT_TRUE(notifier.watched("t"));
}

TEST(Notifier, SubscriptionThatOutlivesTheNotifier_EndsQuietly) {
  Notifier::Subscription subscription;
  {
    Notifier notifier;
    subscription = notifier.subscribe("t", [] {});
  }
  subscription = {};
}

}  // namespace
}  // namespace azureml::engine::runner
