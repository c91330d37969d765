#include "engine/routes/run_filter.hpp"
#include "engine/routes/run_lists.hpp"
#include "routes_fixture.hpp"

#include <set>

namespace azureml::engine::routes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What runs are called and filed under, and the lists of runs by it.
class RunLabelsTest : public RoutesTest {
 protected:
  void SetUp() override {
    RoutesTest::SetUp();
    an_environment();
    ask(put_job("r1", command_job()));
  }

  json tags() { return ask_json({.address = arm("jobs/r1")}).at("properties").at("tags"); }
  Asked patch(json const& body, std::string const& path = "runs/r1") const {
    return {.method = "PATCH", .address = history(path), .body = body.dump()};
  }
  Asked remove_tags(std::string const& body) const { return {.method = "DELETE", .address = history("experiments/diabetes/runs/r1/tags"), .body = body}; }

  /// All runs of a query, over its pages.
  std::vector<std::string> all_of(json query, std::size_t* pages = nullptr) {
    std::vector<std::string> found;
    std::size_t count = 0;
    do {
      auto const page = ask_json({.method = "POST", .address = history("experiments/diabetes/runs:query"), .body = query.dump()});
      EXPECT_LE(page.at("value").size(), query.value("top", 100U));
      for (auto const& run : page.at("value")) found.push_back(run.at("runId"));
      query["continuationToken"] = page.at("continuationToken");
    } while (!query["continuationToken"].is_null() && ++count < 100);
    if (pages != nullptr) *pages = count + 1;
    return found;
  }
};

TEST_F(RunLabelsTest, Tags_AreAddedChangedAndDeleted) {
  ask_json(patch({{"tags", {{"a", "1"}, {"b", "2"}}}}));
  auto const run = ask_json(patch({{"b", "3"}, {"c", ""}}, "experiments/diabetes/runs/r1/tags"));
  EXPECT_EQ(run.at("tags"), (json{{"a", "1"}, {"b", "3"}, {"c", ""}}));
  EXPECT_EQ(tags(), run.at("tags"));
  EXPECT_EQ(ask_json(remove_tags(R"(["a","absent"])")).at("tags"), (json{{"b", "3"}, {"c", ""}}));
  ask_json(remove_tags(R"({"tags":["b"]})"));
  EXPECT_EQ(tags(), (json{{"c", ""}}));
  ask_json(remove_tags("[]"));
  EXPECT_EQ(tags(), (json{{"c", ""}}));
}

TEST_F(RunLabelsTest, TagsThatAreNone_AreRefusedAndChangeNothing) {
  ask_json(patch({{"tags", {{"a", "1"}}}}));
  for (auto const* body : {"", "{}", "7", "[7]", R"({"tags":{"a":"1"}})", "no json"}) EXPECT_EQ(refusal(remove_tags(body)).status, 400) << body;
  EXPECT_EQ(refusal(patch({{"tags", {{"", "1"}}}})).status, 400);
  EXPECT_EQ(refusal(patch({{"a", 7}}, "runs/r1/tags")).status, 400);
  EXPECT_EQ(refusal(patch({{"", "7"}}, "runs/r1/tags")).status, 400);
  EXPECT_EQ(refusal({.method = "DELETE", .address = history("runs/absent/tags"), .body = "[]"}).status, 404);
  EXPECT_EQ(tags(), (json{{"a", "1"}}));
}

TEST_F(RunLabelsTest, Properties_AreWrittenOnce) {
  ask_json(patch({{"properties", {{"p", "1"}}}}));
  ask_json(patch({{"properties", {{"p", "1"}, {"q", "2"}}}}));
  auto const error = refusal(patch({{"properties", {{"r", "3"}, {"p", "other"}}}, {"tags", {{"t", "1"}}}}));
  EXPECT_EQ(error.status, 400);
  EXPECT_THAT(error.message, HasSubstr("'p'"));
  EXPECT_THAT(error.message, HasSubstr("written once"));
  auto const properties = ask_json({.address = history("runs/r1")}).at("properties");
  EXPECT_EQ(properties.at("p"), "1");
  EXPECT_EQ(properties.at("q"), "2");
  EXPECT_FALSE(properties.contains("r"));
  EXPECT_FALSE(tags().contains("t"));
}

TEST_F(RunLabelsTest, ArchivedRun_IsOutOfTheActiveListUntilItIsRestored) {
  auto const names = [&](char const* view) {
    std::vector<std::string> found;
    auto const list = ask_json({.address = arm("jobs", std::string("listViewType=") + view)});
    for (auto const& job : list.at("value")) found.push_back(job.at("name"));
    return found;
  };
  EXPECT_EQ(ask_json(patch({{"hidden", true}})).at("hidden"), true);
  EXPECT_THAT(names("ActiveOnly"), ElementsAre());
  EXPECT_THAT(names("ArchivedOnly"), ElementsAre("r1"));
  EXPECT_EQ(ask_json(patch({{"hidden", false}})).at("hidden"), false);
  EXPECT_THAT(names("ActiveOnly"), ElementsAre("r1"));
}

TEST_F(RunLabelsTest, FilteredQuery_GivesTheRunsThatPass) {
  for (int i = 2; i <= 30; ++i) {
    auto const name = "r" + std::to_string(i);
    ask(put_job(name, command_job()));
    ask_json(patch({{"tags", {{"third", i % 3 == 0 ? "yes" : "no"}}}}, "runs/" + name));
  }
  store_->change_job("r9", {.status = "Running"});
  EXPECT_THAT(all_of({{"filter", "(Tags/third eq yes) and (Status eq Running)"}}), ElementsAre("r9"));
  EXPECT_THAT(all_of({{"filter", "(Tags/third eq yes) and (ParentRunId eq null)"}}),
              ElementsAre("r30", "r27", "r24", "r21", "r18", "r15", "r12", "r9", "r6", "r3"));
  EXPECT_EQ(all_of({{"filter", "Tags/third ne yes"}}).size(), 19U);
  EXPECT_EQ(refusal({.method = "POST", .address = history("experiments/diabetes/runs:query"), .body = R"({"filter":"color eq red"})"}).status, 400);
}

TEST_F(RunLabelsTest, SmallPagesOfAFilteredQuery_LoseAndRepeatNothing) {
  for (int i = 2; i <= 40; ++i) ask(put_job("r" + std::to_string(i), command_job()));
  for (int i = 1; i <= 40; i += 2) store_->change_job("r" + std::to_string(i), {.status = "Running"});
  for (std::size_t const top : {1U, 2U, 7U, 25U, 1000U}) {
    auto const found = all_of({{"filter", "status eq Running"}, {"top", top}});
    EXPECT_EQ(found.size(), 20U) << top;
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 20U) << top;
    EXPECT_EQ(found.front(), "r39");
  }
}

TEST_F(RunLabelsTest, FilterThatNothingPasses_LooksAtABoundedNumberOfRunsAtOnce) {
  for (int i = 2; i <= 50; ++i) store_->add_job({.name = "r" + std::to_string(i), .experiment = "diabetes", .definition = "{}", .created = clock_.now()});
  auto const nothing = RunFilter::parse("status eq Failed");
  PageWish wish{.size = 10, .looked_at_max = 20};
  std::size_t pages = 0;
  do {
    auto const page = filtered_page(*store_, "diabetes", nothing, wish);
    EXPECT_TRUE(page.items.empty());
    wish.after = page.next;
    ++pages;
  } while (!wish.after.empty() && pages < 10);
  EXPECT_EQ(pages, 3U);
  EXPECT_THAT(all_of({{"filter", "runId eq r1"}}), ElementsAre("r1"));
}

TEST_F(RunLabelsTest, PlaceInTheQueue_IsANumberBesideTheSentence) {
  ask(put_job("waiting1", command_job()));
  auto const info = ask_json({.address = history("runs/waiting1/details")}).at("queueingInfo");
  EXPECT_EQ(info.at("queuePosition"), 2);
  EXPECT_EQ(info.at("queueLength"), 5);
  store_->change_job("r1", {.status_detail = "building"});
  EXPECT_TRUE(ask_json({.address = history("runs/r1")}).at("queueingInfo").at("queuePosition").is_null());
}

}  // namespace
}  // namespace azureml::engine::routes
