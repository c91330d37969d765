// What the real service said, read by the client; and what the real service took, compared with what the client sends.
#include "base/time.hpp"
#include "rest/errors.hpp"
#include "rest/rest.hpp"
#include "support/fake_connection.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace azureml::rest {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Recordings : testing::Test {
  test::FakeConnection fake;
  Connection& connection = fake.connection;

  static json load(std::string const& name) {
    std::ifstream file(std::filesystem::path(AZUREML_TEST_DATA) / "wire/recordings" / (name + ".json"));
    return json::parse(file);
  }

  /// Puts the recorded answer into the script and the recorded workspace into the connection.
  json replay(json const& exchange) {
    auto const& response = exchange.at("response");
    http::Headers headers;
    for (auto const& [name, value] : response.at("headers").items()) headers[name] = value;
    fake.transport->reply(response.at("status"), response.at("body").dump(), headers);
    auto const url = exchange.at("request").at("url").get<std::string>();
    auto const begin = url.find("/subscriptions/");
    auto const workspaces = url.find("/workspaces/") + std::string("/workspaces/").size();
    connection.resource_manager = url.substr(0, begin);
    connection.workspace_path = url.substr(begin, url.find('/', workspaces) - begin);
    auto const version = url.find("api-version=") + std::string("api-version=").size();
    connection.api_version = url.substr(version, url.find('&', version) - version);
    return exchange.at("request");
  }
  [[nodiscard]] test::SentRequest sent() const { return fake.transport->requests().back(); }
};

/// Each member of ours must be one the service took in that place, with the same value where the recording has it.
void expect_within(json const& ours, json const& recorded, std::string const& where) {
  if (ours.is_object() && recorded.is_object()) {
    for (auto const& [name, value] : ours.items()) {
      if (recorded.contains(name)) {
        expect_within(value, recorded.at(name), where + "/" + name);
      } else {
        ADD_FAILURE() << where << "/" << name << " was never seen by the service";
      }
    }
  } else {
    EXPECT_EQ(ours, recorded) << where;
  }
}

TEST_F(Recordings, SubmittedJob_WeSendTheSameAndReadTheAnswer) {
  auto const exchange = load("command_job_submit_2026").at(0);
  auto const request = replay(exchange);
  core::JobDefinition job;
  job.command = "echo ${{inputs.test1}}";
  job.compute_target = "testCompute";
  job.inputs = {{"test1",
                 {.type = "uri_file",
                  .mode = "ReadOnlyMount",
                  .address = "https://test.blob.core.windows.net/non-existent-ds/testdata/data.csv"}}};
  job.properties = {{"test_property", "test_value"}};
  auto const name = exchange.at("response").at("body").at("name").get<std::string>();
  auto const made = put_command_job(
      connection, name, job, {.code_id = {}, .environment_id = "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:33"},
      {.experiment_name = "mfe-test1", .display_name = name}, {});

  EXPECT_EQ(sent().method, request.at("method").get<std::string>());
  EXPECT_EQ(sent().url, request.at("url").get<std::string>());
  auto ours = json::parse(sent().body);
  // The service's schema has it, this recording happens not to.
  EXPECT_EQ(ours.at("properties").at("resources"), json({{"instanceCount", 1}}));
  ours["properties"].erase("resources");
  expect_within(ours, request.at("body"), "");
  for (auto const* member :
       {"jobType", "command", "environmentId", "computeId", "experimentName", "displayName", "inputs", "properties"}) {
    EXPECT_EQ(ours.at("properties").at(member), request.at("body").at("properties").at(member)) << member;
  }

  EXPECT_EQ(made.name, name);
  EXPECT_EQ(made.type, "Command");
  EXPECT_EQ(made.status, "Starting");
  EXPECT_EQ(made.experiment_name, "mfe-test1");
  EXPECT_EQ(made.description, "");
  EXPECT_EQ(made.properties.at("_azureml.ComputeTargetType"), "amlctrain");
  EXPECT_TRUE(made.tags.empty());
  EXPECT_THAT(made.studio_url, HasSubstr("https://ml.azure.com/runs/" + name));
  EXPECT_THAT(made.compute_id, HasSubstr("/computes/testCompute"));
  EXPECT_EQ(made.created, base::from_iso8601("2026-03-27T04:03:26.8690899Z"));
}

TEST_F(Recordings, UnknownMember_EveryDetailIsSaid) {
  replay(load("command_job_unknown_member_2026").at(0));
  try {
    put_command_job(connection, "test", {}, {}, {}, {});
    FAIL() << "no error";
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 400);
    EXPECT_EQ(error.code(), "UserError");
    EXPECT_EQ(error.inner_code(), "RequestInvalid");
    EXPECT_EQ(error.request_id(), "4ef8348d-32cf-4266-a925-0122a386bd67");
    EXPECT_THAT(error.what(), HasSubstr("400 UserError: Request is invalid and/or missing fields."));
    EXPECT_THAT(error.what(), HasSubstr("line 1, position 604"));
    EXPECT_THAT(error.what(), HasSubstr("line 1, position 705"));
    EXPECT_THAT(error.what(), HasSubstr("(request id 4ef8348d-32cf-4266-a925-0122a386bd67)"));
  }
}

TEST_F(Recordings, UnknownJob_IsNotFoundWithTheDeepestCode) {
  auto const exchange = load("job_not_found_2023").at(0);
  auto const request = replay(exchange);
  try {
    get_job(connection, "test_872291224787", {});
    FAIL() << "no error";
  } catch (NotFoundError const& error) {
    EXPECT_EQ(sent().url, request.at("url").get<std::string>());
    EXPECT_EQ(error.inner_code(), "JobNotFound");
    EXPECT_THAT(error.what(),
                HasSubstr("cannot get run 'test_872291224787': 404 UserError: Job test_872291224787 not found."));
  }
}

TEST_F(Recordings, HashHit_HasAnotherNameAndThenIsFetchedByIt) {
  auto const exchanges = load("code_hash_hit_2026");
  auto const request = replay(exchanges.at(0));
  auto const found = find_code(connection, "test_486492584222",
                               "49eadfeccdc40c46a054f17f07829f9bd5bf4ff0b51fb49f2de9a63d5ddf0098", {});
  EXPECT_EQ(sent().url, request.at("url").get<std::string>());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "test_679501396464");
  EXPECT_EQ(found->version, "2");
  EXPECT_EQ(found->properties.at("hash_version"), "202208");
  EXPECT_THAT(found->code_uri, HasSubstr(".blob.core.windows.net:443/"));

  auto const second = replay(exchanges.at(1));
  auto const code = get_code(connection, found->name, found->version, {});
  EXPECT_EQ(sent().url, second.at("url").get<std::string>());
  EXPECT_EQ(code.id, found->id);
}

TEST_F(Recordings, Environment_WeSendNothingUnknownAndReadTheId) {
  auto const exchange = load("environment_image_conda_2024").at(0);
  auto const request = replay(exchange);
  core::JobEnvironment environment;
  environment.name = "env-test-2044578";
  environment.version = "1";
  environment.anonymous = false;
  environment.image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04";
  environment.conda_file = request.at("body").at("properties").at("condaFile");
  EXPECT_EQ(put_environment(connection, environment, {}), exchange.at("response").at("body").at("id").get<std::string>());
  EXPECT_EQ(sent().url, request.at("url").get<std::string>());
  expect_within(json::parse(sent().body), request.at("body"), "");
}

TEST_F(Recordings, Datastore_IsRead) {
  auto const request = replay(load("datastore_get_2026").at(0));
  auto const datastore = get_datastore(connection, "test_916716951091", {});
  EXPECT_EQ(sent().url, request.at("url").get<std::string>());
  EXPECT_EQ(datastore.name, "test_916716951091");
  EXPECT_EQ(datastore.type, "AzureBlob");
  EXPECT_FALSE(datastore.is_default);
}

}  // namespace
}  // namespace azureml::rest
