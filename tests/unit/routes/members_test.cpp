#include "engine/routes/members.hpp"

#include "routes_fixture.hpp"

#include <fstream>

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;

ApiError fault_of(std::string const& text, ObjectType const& type = job_resource_type()) {
  try {
    check_members(text, json::parse(text), type);
  } catch (ApiError const& error) {
    return error;
  }
  return {.status = 0, .code = ""};
}

std::string before_place(std::string const& message) { return message.substr(0, message.find(", line")); }

TEST(Members, RecordedUnknownMember_IsRefusedInTheSameWords) {
  std::ifstream in{std::string(AZUREML_TEST_DATA) + "/routes/unknown_member.json"};
  auto const recorded = json::parse(in);
  auto const error = fault_of(recorded.at("request").dump());
  auto const& expected = recorded.at("reply").at("error");
  EXPECT_EQ(error.status, recorded.at("status"));
  EXPECT_EQ(error.code, expected.at("code").get<std::string>());
  EXPECT_EQ(error.message, expected.at("message").get<std::string>());
  EXPECT_EQ(error.inner, std::vector<std::string>{"RequestInvalid"});
  ASSERT_EQ(error.details.size(), expected.at("details").size());
  for (std::size_t i = 0; i < error.details.size(); ++i) {
    EXPECT_EQ(error.details[i].first, expected.at("details")[i].at("code").get<std::string>());
    EXPECT_EQ(before_place(error.details[i].second), before_place(expected.at("details")[i].at("message")));
  }
}

TEST(Members, RecordedGoodJob_IsAccepted) {
  std::ifstream in{std::string(AZUREML_TEST_DATA) + "/routes/command_job_submit.json"};
  auto const recorded = json::parse(in);
  EXPECT_EQ(fault_of(recorded.at("request").dump()).status, 0);
  // A client may send back what it has read.
  EXPECT_EQ(fault_of(recorded.at("reply").dump()).status, 0);
}

TEST(Members, UnknownMember_IsFoundAtEveryDepth) {
  std::pair<char const*, char const*> const cases[] = {
      {R"({"properties":{"jobType":"Command","x":1}})", "Could not find member 'x' on object of type 'CommandJob'. Path 'x', line 1, position 39."},
      {R"({"x":1,"properties":{"jobType":"Command"}})", "Could not find member 'x' on object of type 'JobBaseResource'. Path 'x', line 1, position 5."},
      {R"({"properties":{"jobType":"Command","resources":{"x":1}}})", "on object of type 'JobResourceConfiguration'. Path 'resources.x'"},
      {R"({"properties":{"jobType":"Command","limits":{"jobLimitsType":"Command","x":1}}})", "on object of type 'CommandJobLimits'. Path 'x'"},
      {R"({"properties":{"jobType":"Command","inputs":{"d":{"jobInputType":"literal","uri":"x"}}}})", "'uri' on object of type 'LiteralJobInput'"},
      {R"({"properties":{"jobType":"Command","queueSettings":{"x":1}}})", "Path 'queueSettings.x'"},
      {R"({"properties":{"jobType":"Command","services":{"s":{"x":1}}}})", "Path 'services.s.x'"},
      {R"({"properties":{"jobType":"Command","identity":{"identityType":"AMLToken","clientId":"x"}}})", "'clientId' on object of type 'AmlToken'"},
  };
  for (auto const& [text, words] : cases) {
    auto const error = fault_of(text);
    ASSERT_EQ(error.details.size(), 1U) << text;
    EXPECT_THAT(error.details[0].second, HasSubstr(words));
  }
}

TEST(Members, Discriminators_AreComparedWithoutCaseAndMayStandAnywhere) {
  EXPECT_EQ(fault_of(R"({"properties":{"command":"x","jobType":"COMMAND","inputs":{"a":{"value":"1","jobInputType":"LITERAL"}}}})").status, 0);
  EXPECT_THAT(fault_of(R"({"properties":{"jobType":"Command","inputs":{"a":{"value":"1"}}}})").details.at(0).second, HasSubstr("jobInputType"));
  EXPECT_THAT(fault_of(R"({"properties":{"jobType":"Command","inputs":{"a":{"jobInputType":"odd"}}}})").details.at(0).second, HasSubstr("odd"));
}

TEST(Members, WrongKinds_AreRefused) {
  for (auto const* member : {R"("command":1)", R"("tags":[])", R"("tags":{"a":1})", R"("isArchived":"no")", R"("resources":[])", R"("inputs":[])",
                             R"("resources":{"instanceCount":"1"})", R"("resources":{"instanceCount":1.5})", R"("resources":{"dockerArgsList":[1]})",
                             R"("inputs":{"a":1})", R"("distribution":"Mpi")"}) {
    EXPECT_EQ(fault_of(std::string(R"({"properties":{"jobType":"Command",)") + member + "}}").status, 400) << member;
  }
  EXPECT_EQ(fault_of(R"({"properties":{"jobType":"Command","command":null,"tags":null,"inputs":{"a":null},"resources":null}})").status, 0);
}

TEST(Members, ManyFaults_AreBounded) {
  std::string text = R"({"properties":{"jobType":"Command")";
  for (int i = 0; i < 1000; ++i) text += ",\"x" + std::to_string(i) + "\":1";
  auto const error = fault_of(text + "}}");
  EXPECT_GE(error.details.size(), 10U);
  EXPECT_LE(error.details.size(), 100U);
}

TEST(MemberPositions, LinesAndEscapes_AreCounted) {
  auto const found = member_positions("{\n  \"a\" :\n 1, \"b\": [ {\"c\": \"}\\\"\", \"d\":2} ],\n\"e\":{}}");
  EXPECT_EQ(found.at("\x1f" "a").line, 2);
  EXPECT_EQ(found.at("\x1f" "a").position, 7);
  EXPECT_EQ(found.at("\x1f" "b" "\x1f" "0" "\x1f" "d").line, 3);
  EXPECT_EQ(found.at("\x1f" "e").position, 4);
  EXPECT_EQ(found.size(), 5U);
}

TEST(MemberPositions, DeepNesting_DoesNotExhaustTheStack) {
  EXPECT_TRUE(member_positions(std::string(1'000'000, '[') + std::string(1'000'000, ']')).empty());
}

}  // namespace
}  // namespace azureml::engine::routes
