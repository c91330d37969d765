#include "routes_fixture.hpp"

#include "engine/routes/sas.hpp"

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DatastoresTest : public RoutesTest {
 protected:
  static json a_blob_store(std::string const& account = "foreign1") {
    return {{"datastoreType", "AzureBlob"},
            {"accountName", account},
            {"containerName", "box"},
            {"credentials",
             {{"credentialsType", "AccountKey"}, {"secrets", {{"secretsType", "AccountKey"}, {"key", kKey}}}}},
            {"description", "mine"},
            {"tags", {{"t", "1"}}}};
  }
  static Asked put(std::string const& name, json const& properties) {
    return {.method = "PUT",
            .address = arm("datastores/" + name, "skipValidation=true"),
            .body = json{{"properties", properties}}.dump()};
  }
  static Asked secrets(std::string const& name, std::string const& body = {}) {
    return {.method = "POST", .address = arm("datastores/" + name + "/listSecrets"), .body = body};
  }
  std::vector<std::string> names(std::string const& query) {
    std::vector<std::string> result;
    auto address = arm("datastores", query);
    for (int page = 0; page < 10 && !address.empty(); ++page) {
      auto const body = ask_json({.address = address});
      for (auto const& each : body.at("value")) result.push_back(each.at("name"));
      address = body.contains("nextLink") ? local_part(body.at("nextLink")) : "";
    }
    return result;
  }
  static constexpr char kKey[] = "c2VjcmV0IGtleSBvZiBhIHRlc3Q=";
};

TEST_F(DatastoresTest, RegisteredStore_IsShownWithoutItsSecret) {
  auto const made = ask(put("mine", a_blob_store()));
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.headers.at("Location"), HasSubstr("/datastores/mine?"));
  EXPECT_EQ(ask(put("mine", a_blob_store())).status, 200);
  auto const shown = ask_json({.address = arm("datastores/MINE")});
  EXPECT_EQ(shown, json::parse(made.body));
  auto const& properties = shown.at("properties");
  EXPECT_EQ(properties.at("datastoreType"), "AzureBlob");
  EXPECT_EQ(properties.at("accountName"), "foreign1");
  EXPECT_EQ(properties.at("containerName"), "box");
  EXPECT_EQ(properties.at("endpoint"), "core.windows.net");
  EXPECT_EQ(properties.at("protocol"), "https");
  EXPECT_EQ(properties.at("description"), "mine");
  EXPECT_EQ(properties.at("tags").at("t"), "1");
  EXPECT_EQ(properties.at("isDefault"), false);
  EXPECT_EQ(properties.at("credentials"), (json{{"credentialsType", "AccountKey"}}));
  EXPECT_THAT(made.body, Not(HasSubstr(kKey)));
  EXPECT_THAT(ask({.address = arm("datastores")}).body, Not(HasSubstr(kKey)));
}

TEST_F(DatastoresTest, WhatWasRead_CanBeSentBackAndKeepsItsSecret) {
  ask(put("mine", a_blob_store()));
  auto read = ask_json({.address = arm("datastores/mine")});
  read["properties"]["description"] = "changed";
  EXPECT_EQ(ask({.method = "PUT", .address = arm("datastores/mine"), .body = read.dump()}).status, 200);
  EXPECT_EQ(ask_json({.address = arm("datastores/mine")}).at("properties").at("description"), "changed");
  EXPECT_EQ(ask_json(secrets("mine")).at("key"), kKey);
  read["properties"]["accountName"] = "foreign2";
  EXPECT_THAT(refusal({.method = "PUT", .address = arm("datastores/mine"), .body = read.dump()}).message,
              HasSubstr("credentials.secrets"));
}

TEST_F(DatastoresTest, FileShare_HasItsOwnName) {
  auto share = a_blob_store();
  share["datastoreType"] = "AzureFile";
  share.erase("containerName");
  share["fileShareName"] = "share";
  ask_json(put("files", share), 201);
  EXPECT_EQ(ask_json({.address = arm("datastores/files")}).at("properties").at("fileShareName"), "share");
}

TEST_F(DatastoresTest, BadBodies_AreRefusedNamingTheMember) {
  std::pair<char const*, char const*> const cases[] = {
      {R"({"datastoreType":"AzureDataLakeGen2"})", "AzureDataLakeGen2"},
      {R"({"datastoreType":"Other"})", "Request is invalid"},
      {R"({"unknownMember":1})", "Request is invalid"},
      {R"({"accountName":"Foreign"})", "accountName"},
      {R"({"accountName":null})", "accountName"},
      {R"({"accountName":"a/b"})", "accountName"},
      {R"({"containerName":"B"})", "containerName"},
      {R"({"containerName":"../x"})", "containerName"},
      {R"({"endpoint":"evil/path"})", "endpoint"},
      {R"({"protocol":"ftp"})", "protocol"},
      {R"({"credentials":null})", "credentials"},
      {R"({"credentials":{"credentialsType":"ServicePrincipal"}})", "ServicePrincipal"},
      {R"({"credentials":{"secrets":null}})", "credentials.secrets"},
      {R"({"credentials":{"secrets":{"key":"not base64!"}}})", "credentials.secrets.key"},
      {R"({"credentials":{"credentialsType":"Sas","secrets":{"secretsType":"Sas","key":null,"sasToken":"sv=1"}}})",
       "credentials.secrets.sasToken"},
  };
  for (auto const& [change, word] : cases) {
    auto properties = a_blob_store();
    properties.merge_patch(json::parse(change));
    auto const error = refusal(put("mine", properties));
    EXPECT_EQ(error.status, 400) << change;
    EXPECT_THAT(error.message, HasSubstr(word)) << change;
    EXPECT_THAT(error.message, Not(HasSubstr("not base64!")));
    EXPECT_THAT(error.message, Not(HasSubstr("sv=1")));
  }
  for (auto const* name : {"Mine", "my-store", "a%20b", "..."})
    EXPECT_EQ(refusal(put(name, a_blob_store())).status, 400) << name;
  EXPECT_EQ(refusal({.method = "PUT", .address = arm("datastores/mine"), .body = "[]"}).status, 400);
  EXPECT_TRUE(store_->list_datastores().empty());
}

TEST_F(DatastoresTest, TheWorkspacesOwn_CannotBeChanged) {
  for (auto const* name : {"workspaceblobstore", "workspaceartifactstore", "WorkspaceBlobStore"}) {
    EXPECT_THAT(refusal(put(name, a_blob_store())).message, HasSubstr("cannot be changed")) << name;
    EXPECT_THAT(refusal({.method = "DELETE", .address = arm(std::string("datastores/") + name)}).message,
                HasSubstr("cannot be deleted"))
        << name;
  }
}

TEST_F(DatastoresTest, Deleting_IsDoneOnce) {
  ask(put("mine", a_blob_store()));
  EXPECT_EQ(ask({.method = "DELETE", .address = arm("datastores/mine")}).status, 200);
  EXPECT_EQ(ask({.method = "DELETE", .address = arm("datastores/mine")}).status, 204);
  EXPECT_EQ(refusal({.address = arm("datastores/mine")}).status, 404);
}

TEST_F(DatastoresTest, Lists_AreFilteredOrderedAndPaged) {
  for (auto const* name : {"beta", "alpha", "gamma"}) {
    ask(put(name, a_blob_store()));
    clock_.time += std::chrono::seconds(1);
  }
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(""), (Names{"workspaceblobstore", "workspaceartifactstore", "alpha", "beta", "gamma"}));
  EXPECT_EQ(names("count=2"), names(""));
  EXPECT_EQ(ask_json({.address = arm("datastores", "count=2")}).at("value").size(), 2U);
  EXPECT_EQ(names("names=beta&names=gamma"), (Names{"beta", "gamma"}));
  EXPECT_EQ(names("names=beta,alpha"), (Names{"alpha", "beta"}));
  EXPECT_EQ(names("searchText=LPH"), (Names{"alpha"}));
  EXPECT_EQ(names("isDefault=true"), (Names{"workspaceblobstore"}));
  EXPECT_EQ(names("isDefault=false").size(), 4U);
  EXPECT_EQ(names("orderBy=name&orderByAsc=true&count=2").front(), "alpha");
  EXPECT_EQ(names("orderBy=createdTime&orderByAsc=false").front(), "gamma");
  EXPECT_EQ(refusal({.address = arm("datastores", "orderBy=colour")}).status, 400);
  EXPECT_EQ(refusal({.address = arm("datastores", "count=0")}).status, 400);
}

TEST_F(DatastoresTest, Default_IsOneAndCanBeMoved) {
  ask(put("mine", a_blob_store()));
  auto const make_default = [&](std::string const& name) {
    return ask_json({.method = "PUT", .address = std::string("/datastore/v1.0") + kScope + "/default/" + name});
  };
  EXPECT_EQ(make_default("mine").at("properties").at("isDefault"), true);
  EXPECT_EQ(names("isDefault=true"), (std::vector<std::string>{"mine"}));
  EXPECT_EQ(ask_json({.address = arm("datastores/workspaceblobstore")}).at("properties").at("isDefault"), false);
  make_default("workspaceblobstore");
  EXPECT_EQ(names("isDefault=true"), (std::vector<std::string>{"workspaceblobstore"}));
  auto wanted = a_blob_store();
  wanted["isDefault"] = true;
  EXPECT_EQ(ask_json(put("mine", wanted)).at("properties").at("isDefault"), true);
  EXPECT_EQ(ask_json(put("mine", a_blob_store())).at("properties").at("isDefault"), true) << "absent is no wish";
  ask({.method = "DELETE", .address = arm("datastores/mine")});
  EXPECT_EQ(names("isDefault=true"), (std::vector<std::string>{"workspaceblobstore"}));
  EXPECT_EQ(refusal({.method = "PUT", .address = std::string("/datastore/v1.0") + kScope + "/default/absent"}).status,
            404);
  EXPECT_EQ(
      refusal({.method = "PUT", .address = std::string("/datastore/v1.0") + kScope + "/default/workspaceartifactstore"})
          .status,
      400);
}

TEST_F(DatastoresTest, SecretsOfTheWorkspace_AreItsKeyOrASignatureThatWorks) {
  EXPECT_EQ(ask_json(secrets("workspaceblobstore")),
            (json{{"secretsType", "AccountKey"}, {"key", identity_.account_key}}));
  EXPECT_EQ(ask_json(secrets("workspaceblobstore", R"({"expirableSecret":false})")).at("secretsType"), "AccountKey");
  auto const secret = ask_json(secrets("workspaceartifactstore", R"({"expirableSecret":true,"expireAfterHours":2})"));
  EXPECT_EQ(secret.at("secretsType"), "Sas");
  auto token = secret.at("sasToken").get<std::string>();
  ASSERT_TRUE(token.starts_with("?sv="));
  auto const container = "/" + identity_.storage_account + "/azureml-blobstore-" + identity_.workspace_id;
  EXPECT_EQ(ask({.method = "PUT",
                 .address = container + "/a/b" + token,
                 .body = "text",
                 .headers = {{"x-ms-blob-type", "BlockBlob"}}})
                .status,
            201);
  EXPECT_EQ(text_of(ask({.address = container + "/a/b" + token})), "text");
  EXPECT_THAT(ask({.address = container + token + "&restype=container&comp=list"}).body, HasSubstr("<Name>a/b</Name>"));
  EXPECT_EQ(refusal({.address = "/" + identity_.storage_account + "/absent/a" + token}).code, "ContainerNotFound");
  clock_.time += std::chrono::minutes(119);
  EXPECT_EQ(ask({.address = container + "/a/b" + token}).status, 200);
  clock_.time += std::chrono::minutes(2);
  EXPECT_EQ(refusal({.address = container + "/a/b" + token}).status, 403);
}

TEST_F(DatastoresTest, SecretsOfRegisteredStores_AreTheirs) {
  ask(put("keyed", a_blob_store()));
  EXPECT_EQ(ask_json(secrets("keyed")).at("key"), kKey);
  auto const token = ask_json(secrets("keyed", R"({"expirableSecret":true})")).at("sasToken").get<std::string>();
  EXPECT_THAT(token, HasSubstr("spr=https"));
  AccountGrant const same{.permissions = "rwdlacu",
                          .start = clock_.time - std::chrono::minutes(10),
                          .expiry = clock_.time + std::chrono::hours(1),
                          .https_only = true};
  EXPECT_EQ(token, "?" + sign_account_sas("foreign1", kKey, same));
  auto signed_store = a_blob_store();
  signed_store["credentials"] =
      json::parse(R"({"credentialsType":"Sas","secrets":{"secretsType":"Sas","sasToken":"?sv=1&sig=abc"}})");
  ask(put("signed", signed_store));
  for (auto const* body : {"", R"({"expirableSecret":true,"expireAfterHours":1})"}) {
    EXPECT_EQ(ask_json(secrets("signed", body)), (json{{"secretsType", "Sas"}, {"sasToken", "?sv=1&sig=abc"}}));
  }
  auto open = a_blob_store();
  open["credentials"] = {{"credentialsType", "None"}};
  ask(put("open", open));
  EXPECT_THAT(refusal(secrets("open")).message, HasSubstr("no secrets"));
  EXPECT_EQ(refusal(secrets("absent")).status, 404);
  for (auto const* body : {R"({"expirableSecret":true,"expireAfterHours":0})",
                           R"({"expirableSecret":true,"expireAfterHours":100000})", R"({"x":1})", "["}) {
    EXPECT_EQ(refusal(secrets("keyed", body)).status, 400) << body;
  }
}

TEST_F(DatastoresTest, StoreOnTheEnginesOwnAccount_HasTheEnginesAddress) {
  ask(put("here", a_blob_store(identity_.storage_account)));
  auto const properties = ask_json({.address = arm("datastores/here")}).at("properties");
  EXPECT_EQ(properties.at("endpoint"), "127.0.0.1:4321");
  EXPECT_EQ(properties.at("protocol"), "http");
}

}  // namespace
}  // namespace azureml::engine::routes
