#include "api/run_statuses.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_transport.hpp"

#include <gmock/gmock.h>

namespace azureml::api {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string page(std::vector<std::pair<std::string, std::string>> const& jobs, bool more) {
  std::string text = R"({"value":[)";
  for (auto const& [name, status] : jobs)
    text +=
        (text.back() == '[' ? "" : ",") + (R"({"name":")" + name + R"(","properties":{"status":")" + status + R"("}})");
  return text + "]" + (more ? R"(,"nextLink":"http://service/next")" : "") + "}";
}

struct RunStatuses : testing::Test {
  std::shared_ptr<test::FakeTransport> transport = std::make_shared<test::FakeTransport>();
  test::FakeClock clock;
  std::map<std::string, std::string> ask(std::set<std::string> const& ids, Context const& context = {}) {
    http::PipelineOptions options{
        .transport = transport, .token = [](bool, Context const&) { return std::string("token"); }, .clock = &clock};
    WorkspaceState const workspace{.connection = {.pipeline = http::Pipeline(options),
                                                  .resource_manager = "http://service",
                                                  .workspace_path = "/w"}};
    return query_statuses(workspace, ids, context);
  }
};

TEST_F(RunStatuses, AllOnTheFirstPage_CostOneRequest) {
  transport->reply(200, page({{"other", "Failed"}, {"a", "Running"}, {"b", "Completed"}}, true));
  EXPECT_THAT(ask({"a", "b"}), UnorderedElementsAre(Pair("a", "Running"), Pair("b", "Completed")));
  EXPECT_EQ(transport->requests().size(), 1U);
}

TEST_F(RunStatuses, PageThatNamesNone_IsTheLastThatIsRead) {
  transport->reply(200, page({{"a", "Running"}}, true)).reply(200, page({{"x", "Running"}}, true));
  EXPECT_THAT(ask({"a", "old"}), UnorderedElementsAre(Pair("a", "Running")));
  EXPECT_EQ(transport->requests().size(), 2U);
}

TEST_F(RunStatuses, EmptyPageWithAContinuation_IsNotTheEnd) {
  transport->reply(200, page({}, true)).reply(200, page({{"a", "Running"}}, false));
  EXPECT_THAT(ask({"a", "b"}), UnorderedElementsAre(Pair("a", "Running")));
}

TEST_F(RunStatuses, ListWithoutAnEnd_IsReadForSoManyPages) {
  transport->otherwise([](test::SentRequest const&) { return http::Response{.status = 200, .body = page({}, true)}; });
  EXPECT_THAT(ask({"a"}), IsEmpty());
  EXPECT_EQ(transport->requests().size(), static_cast<std::size_t>(kStatusPagesMax));
}

TEST_F(RunStatuses, JobWithoutAStatus_IsNotAmongThem) {
  transport->reply(200, page({{"a", ""}, {"b", "New"}}, false));
  EXPECT_THAT(ask({"a", "b"}), UnorderedElementsAre(Pair("b", "New")));
}

TEST_F(RunStatuses, Stopped_SendsNothing) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW((void)ask({"a"}, {.stop = stop.get_token()}), StoppedError);
  EXPECT_THAT(transport->requests(), IsEmpty());
}

}  // namespace
}  // namespace azureml::api
