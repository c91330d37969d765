#include "unit/rest/rest_fixture.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Datastores : RestTest {
  /// What would be a secret, each in a form of its own.
  std::string const key = "Q2FuYXJ5/a2V5+MTIzNDU2Nzg5MA==";
  std::string const token = "sv=2021-12-02&ss=b&srt=co&sp=rcwl&sig=Y2FuYXJ5c2ln%2Fab%2B%3D";
  DatastoreResource const blob{.name = "mine",
                               .type = "AzureBlob",
                               .description = "why",
                               .account_name = "acct",
                               .container_name = "box",
                               .endpoint = "core.windows.net",
                               .protocol = "https",
                               .tags = {{"a", "b"}}};

  json sent(std::size_t index = 0) const { return json::parse(asked(index).body); }
};

TEST_F(Datastores, Get_ReadsAllOfABlobContainer) {
  answer(
      R"({"id":"x","name":"mine","type":"Microsoft.MachineLearningServices/workspaces/datastores","properties":{"description":"why","tags":{"a":"b"},
    "properties":null,"isDefault":true,"credentials":{"credentialsType":"AccountKey"},"subscriptionId":"s","resourceGroup":"g","datastoreType":"AzureBlob",
    "accountName":"acct","containerName":"box","endpoint":"core.windows.net","protocol":"https","serviceDataAccessAuthIdentity":"None"},"systemData":{}})");
  auto const found = get_datastore(connection, "mine", {});
  EXPECT_EQ(found.name, "mine");
  EXPECT_EQ(found.type, "AzureBlob");
  EXPECT_EQ(found.description, "why");
  EXPECT_EQ(found.account_name, "acct");
  EXPECT_EQ(found.container_name, "box");
  EXPECT_EQ(found.endpoint, "core.windows.net");
  EXPECT_EQ(found.protocol, "https");
  EXPECT_EQ(found.credential_type, "AccountKey");
  EXPECT_EQ(found.subscription_id, "s");
  EXPECT_EQ(found.resource_group, "g");
  EXPECT_TRUE(found.is_default);
  EXPECT_EQ(found.tags, (StringMap{{"a", "b"}}));
}

TEST_F(Datastores, Get_ReadsOtherTypesAndTypesNotKnown) {
  answer(
      R"({"name":"f","properties":{"datastoreType":"AzureFile","fileShareName":"share","accountName":"acct","credentials":null}})");
  EXPECT_EQ(get_datastore(connection, "f", {}).container_name, "share");
  answer(R"({"name":"l","properties":{"datastoreType":"AzureDataLakeGen2","filesystem":"fs"}})");
  EXPECT_EQ(get_datastore(connection, "l", {}).container_name, "fs");
  answer(R"({"name":"o","properties":{"datastoreType":"OneLake","artifact":{"artifactName":"x"}}})");
  auto const other = get_datastore(connection, "o", {});
  EXPECT_EQ(other.type, "OneLake");
  EXPECT_EQ(other.container_name, "");
  EXPECT_EQ(other.credential_type, "");
}

TEST_F(Datastores, List_FollowsTheNextLinkVerbatim) {
  answer(
      R"({"value":[{"name":"a","properties":{"datastoreType":"AzureBlob"}}],"nextLink":"https://management.azure.com/x?$skip=a%2Bb"})");
  answer(R"({"value":[],"nextLink":null})");
  auto const first = list_datastores(connection, "", {});
  EXPECT_EQ(asked(0).url, workspace + "/datastores?api-version=2024-04-01&count=30&orderByAsc=false");
  ASSERT_EQ(first.items.size(), 1U);
  auto const last = list_datastores(connection, first.next, {});
  EXPECT_EQ(asked(1).url, "https://management.azure.com/x?$skip=a%2Bb");
  EXPECT_TRUE(last.items.empty());
  EXPECT_EQ(last.next, "");
}

TEST_F(Datastores, Secrets_AreASignatureWithoutQuestionMarkOrAKey) {
  answer(json{{"secretsType", "Sas"}, {"sasToken", "?" + token}}.dump(2));
  auto const signature = list_datastore_secrets(connection, "mine", {});
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, workspace + "/datastores/mine/listSecrets?api-version=2024-04-01");
  EXPECT_EQ(sent(), (json{{"expirableSecret", true}, {"expireAfterHours", 1}}));
  EXPECT_EQ(signature.sas_token, token);
  EXPECT_EQ(signature.account_key, "");
  answer(json{{"secretsType", "AccountKey"}, {"key", key}}.dump());
  auto const account = list_datastore_secrets(connection, "mine", {});
  EXPECT_EQ(account.sas_token, "");
  EXPECT_EQ(account.account_key, key);
}

TEST_F(Datastores, SecretsOfAnotherKind_AreAnErrorThatSaysSo) {
  answer(R"({"secretsType":"ServicePrincipal","clientSecret":"canary"})");
  auto const error = thrown<TransportError>([&] { list_datastore_secrets(connection, "mine", {}); });
  EXPECT_THAT(error.what(), HasSubstr("ServicePrincipal"));
  EXPECT_THAT(error.what(), Not(HasSubstr("canary")));
}

TEST_F(Datastores, Put_SendsTheCredentialThatIsGiven) {
  answer(R"({"name":"mine","properties":{"datastoreType":"AzureBlob"}})");
  put_datastore(connection, blob, {.account_key = key}, true, false, {});
  EXPECT_EQ(asked().method, "PUT");
  EXPECT_EQ(asked().url, workspace + "/datastores/mine?api-version=2024-04-01&skipValidation=true");
  EXPECT_EQ(
      sent(),
      (json{{"properties",
             {{"datastoreType", "AzureBlob"},
              {"accountName", "acct"},
              {"containerName", "box"},
              {"endpoint", "core.windows.net"},
              {"protocol", "https"},
              {"description", "why"},
              {"tags", {{"a", "b"}}},
              {"credentials",
               {{"credentialsType", "AccountKey"}, {"secrets", {{"secretsType", "AccountKey"}, {"key", key}}}}}}}}));
  answer(R"({"name":"mine"})");
  put_datastore(connection, blob, {.sas_token = "?" + token}, false, false, {});
  EXPECT_EQ(asked(1).url, workspace + "/datastores/mine?api-version=2024-04-01");
  EXPECT_EQ(sent(1)["properties"]["credentials"],
            (json{{"credentialsType", "Sas"}, {"secrets", {{"secretsType", "Sas"}, {"sasToken", token}}}}));
  answer(R"({"name":"mine"})");
  put_datastore(connection, blob, {}, false, true, {});
  EXPECT_EQ(sent(2)["properties"]["credentials"], (json{{"credentialsType", "None"}}));
  EXPECT_EQ(sent(2)["properties"]["serviceDataAccessAuthIdentity"], "WorkspaceSystemAssignedIdentity");
}

TEST_F(Datastores, PutOfAFileShare_NamesTheShare) {
  auto share = blob;
  share.type = "AzureFile";
  answer(R"({"name":"mine","properties":{"datastoreType":"AzureFile","fileShareName":"box"}})");
  EXPECT_EQ(put_datastore(connection, share, {.account_key = key}, false, false, {}).container_name, "box");
  EXPECT_EQ(sent()["properties"]["fileShareName"], "box");
  EXPECT_FALSE(sent()["properties"].contains("containerName"));
}

TEST_F(Datastores, RefusalThatRepeatsTheSecret_IsShownWithoutIt) {
  auto const refusal = [](std::string const& said) {
    return json{{"error",
                 {{"code", "UserError"},
                  {"message", "Bad credential " + said},
                  {"details", {{{"code", "X"}, {"message", said}}}}}}};
  };
  auto const check = [&](std::string const& body, StorageSecret const& secret, std::string const& canary) {
    answer(body, 400);
    auto const error = thrown<ServiceError>([&] { put_datastore(connection, blob, secret, false, false, {}); });
    EXPECT_THAT(error.what(), HasSubstr("Bad credential"));
    EXPECT_THAT(error.what(), Not(HasSubstr(canary)));
    EXPECT_THAT(error.body(), Not(HasSubstr(canary)));
  };
  check(refusal(key).dump(), {.account_key = key}, "Q2FuYXJ5");
  check(refusal(token).dump(), {.sas_token = "?" + token}, "Y2FuYXJ5");
  check(refusal("Y2FuYXJ5c2ln%2Fab%2B%3D").dump(), {.sas_token = token}, "Y2FuYXJ5");
  check(refusal("Y2FuYXJ5c2ln/ab+=").dump(), {.sas_token = token}, "Y2FuYXJ5");
  // As other writers of JSON escape a slash.
  check(R"({"error":{"code":"UserError","message":"Bad credential Q2FuYXJ5\/a2V5+MTIzNDU2Nzg5MA=="}})",
        {.account_key = key}, "Q2FuYXJ5");
}

TEST_F(Datastores, Delete_OfOneThatIsNotThere_IsDone) {
  answer("", 200);
  delete_datastore(connection, "mine", {});
  EXPECT_EQ(asked().method, "DELETE");
  EXPECT_EQ(asked().url, workspace + "/datastores/mine?api-version=2024-04-01");
  answer("", 204);
  delete_datastore(connection, "mine", {});
  answer(R"({"error":{"code":"UserError","message":"Datastore mine not found."}})", 404);
  delete_datastore(connection, "mine", {});
  answer(R"({"error":{"code":"ResourceNotFound","message":"The workspace was not found."}})", 404);
  EXPECT_THROW(delete_datastore(connection, "mine", {}), NotFoundError);
}

TEST_F(Datastores, SetDefault_IsAnOperationOfTheDataPlane) {
  answer("");
  set_default_datastore(connection, "https://eastus2.api.azureml.ms/", "mine", {});
  EXPECT_EQ(asked().method, "PUT");
  EXPECT_EQ(asked().url, "https://eastus2.api.azureml.ms/datastore/v1.0" + connection.workspace_path + "/default/mine");
  EXPECT_EQ(asked().body, "");
}

}  // namespace
}  // namespace azureml::rest
