#include "engine/routes/run_filter.hpp"

#include "base/time.hpp"
#include "engine/routes/exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;

store::JobRecord a_job() {
  store::JobRecord job{.name = "r1", .experiment = "diabetes"};
  job.display_name = "A name's";
  job.tags = {{"a", "b"}, {"bare", ""}, {"x.y-z", "1"}};
  job.properties = {{"azureml.runsource", "hyperdrive"}};
  job.status = "Running";
  job.created = *base::from_iso8601("2026-03-27T04:00:00Z");
  job.started = *base::from_iso8601("2026-03-27T04:01:00Z");
  return job;
}

bool passes(std::string const& text) { return RunFilter::parse(text).passes(a_job()); }

std::string refusal(std::string const& text) {
  try {
    RunFilter::parse(text);
    return {};
  } catch (ApiError const& error) {
    EXPECT_EQ(error.status, 400);
    return error.message;
  }
}

TEST(RunFilter, EmptyText_PassesEverything) {
  EXPECT_TRUE(RunFilter::parse("").is_empty());
  EXPECT_TRUE(RunFilter::parse(" \t").is_empty());
  EXPECT_TRUE(passes(""));
}

TEST(RunFilter, Comparisons_AreOfTheRunsFields) {
  EXPECT_TRUE(passes("status eq 'Running'"));
  EXPECT_TRUE(passes("Status EQ Running"));
  EXPECT_FALSE(passes("status eq Failed"));
  EXPECT_TRUE(passes("status ne Failed"));
  EXPECT_TRUE(passes("RunId eq r1"));
  EXPECT_TRUE(passes("runType eq azureml.scriptrun"));
  EXPECT_TRUE(passes("displayName eq 'A name''s'"));
  EXPECT_TRUE(passes("ParentRunId eq null"));
  EXPECT_FALSE(passes("ParentRunId ne null"));
  EXPECT_FALSE(passes("ParentRunId eq p"));
  EXPECT_TRUE(passes("rootRunId eq r1"));
  EXPECT_TRUE(passes("hidden eq false"));
  EXPECT_TRUE(passes("tags/a eq 'b'"));
  EXPECT_TRUE(passes("Tags/x.y-z eq 1"));
  EXPECT_TRUE(passes("tags/bare eq ''"));
  EXPECT_TRUE(passes("Properties/azureml.runsource eq hyperdrive"));
}

TEST(RunFilter, TagThatIsNotThere_MakesEveryComparisonFalse) {
  EXPECT_FALSE(passes("Tags/absent eq b"));
  EXPECT_FALSE(passes("Tags/absent ne b"));
  EXPECT_FALSE(passes("(Tags/absent ne null or Tags/absent eq null)"));
  EXPECT_TRUE(passes("(Tags/bare ne null or Tags/bare eq null)"));
  EXPECT_TRUE(passes("not (Tags/absent ne null or Tags/absent eq null)"));
}

TEST(RunFilter, Times_AreComparedAsTimes) {
  EXPECT_TRUE(passes("createdUtc ge 2026-03-27"));
  EXPECT_TRUE(passes("createdUtc eq 2026-03-27T06:00:00+02:00"));
  EXPECT_FALSE(passes("createdUtc gt '2026-03-27T04:00:00Z'"));
  EXPECT_TRUE(passes("createdUtc le '2026-03-27T04:00:00Z'"));
  EXPECT_TRUE(passes("startTimeUtc lt 2026-03-28"));
  EXPECT_TRUE(passes("endTimeUtc eq null"));
  EXPECT_FALSE(passes("endTimeUtc ne null"));
  EXPECT_FALSE(passes("endTimeUtc ge 2026-03-27"));
  EXPECT_TRUE(passes("startTimeUtc ne null"));
}

TEST(RunFilter, AndBindsTighterThanOr) {
  EXPECT_TRUE(passes("status eq Running or status eq Failed and status eq Queued"));
  EXPECT_FALSE(passes("(status eq Running or status eq Failed) and status eq Queued"));
  EXPECT_TRUE(passes("((Tags/a eq b)) and (Status eq Running) and (RunType eq hyperdrive or Properties/azureml.runsource eq hyperdrive)"));
  EXPECT_FALSE(passes("not status eq Running and status eq Running"));
}

TEST(RunFilter, WhatIsNotUnderstood_IsNamed) {
  EXPECT_THAT(refusal("color eq red"), HasSubstr("runs cannot be filtered by 'color'"));
  EXPECT_THAT(refusal("status is red"), HasSubstr("'is' is none of eq"));
  EXPECT_THAT(refusal("status eq"), HasSubstr("a value is expected"));
  EXPECT_THAT(refusal("status eq 'x"), HasSubstr("closing quote"));
  EXPECT_THAT(refusal("(status eq x"), HasSubstr("')' is expected"));
  EXPECT_THAT(refusal("status eq x y"), HasSubstr("the end is expected"));
  EXPECT_THAT(refusal("status gt x"), HasSubstr("eq and ne only"));
  EXPECT_THAT(refusal("createdUtc ge yesterday"), HasSubstr("'yesterday' is no time"));
  EXPECT_THAT(refusal("tags/ eq x"), HasSubstr("no field"));
  EXPECT_THAT(refusal("owner/x eq x"), HasSubstr("no field"));
  EXPECT_THAT(refusal("and"), HasSubstr("cannot be filtered by 'and'"));
}

TEST(RunFilter, TextsWithoutABound_AreRefused) {
  EXPECT_THAT(refusal(std::string(100'000, 'x')), HasSubstr("characters"));
  EXPECT_THAT(refusal(std::string(100, '(') + "status eq x"), HasSubstr("nested"));
  std::string many = "status eq x";
  for (int i = 0; i < 300; ++i) many += " or status eq x";
  EXPECT_THAT(refusal(many), HasSubstr("too many"));
}

TEST(RunFilter, TagsThatEveryRunNeeds_AreKnown) {
  EXPECT_EQ(RunFilter::parse("(Tags/a eq b) and Status eq Running and (Tags/c eq '')").needed_tags(), (store::StringMap{{"a", "b"}, {"c", ""}}));
  EXPECT_TRUE(RunFilter::parse("Tags/a eq b or Tags/c eq d").needed_tags().empty());
  EXPECT_TRUE(RunFilter::parse("not Tags/a eq b").needed_tags().empty());
  EXPECT_TRUE(RunFilter::parse("Tags/a ne b and Properties/p eq q").needed_tags().empty());
  std::string many = "Tags/k0 eq v";
  for (int i = 1; i < 20; ++i) many += " and Tags/k" + std::to_string(i) + " eq v";
  EXPECT_EQ(RunFilter::parse(many).needed_tags().size(), store::Store::kFilterTagsMax);
}

}  // namespace
}  // namespace azureml::engine::routes
