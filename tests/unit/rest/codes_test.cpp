#include "unit/rest/rest_fixture.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {
namespace {

using testing::HasSubstr;

struct Codes : RestTest {};

TEST_F(Codes, Hit_HasTheNameOfItsIdNotTheOneAskedWith) {
  answer(
      R"({"value":[{"id":"/subscriptions/s/workspaces/ws/codes/other/versions/2","name":"2","properties":{"codeUri":"https://a:443/c/f","properties":{"hash_sha256":"49ea","hash_version":202208}}}]})");
  auto const code = find_code(connection, "mine", "49ea", {});
  EXPECT_EQ(asked().url, workspace + "/codes/mine/versions?api-version=2024-04-01&hash=49ea&hashVersion=202208");
  ASSERT_TRUE(code);
  EXPECT_EQ(code->name, "other");
  EXPECT_EQ(code->version, "2");
  EXPECT_EQ(code->code_uri, "https://a:443/c/f");
  EXPECT_EQ(code->properties, (StringMap{{"hash_sha256", "49ea"}, {"hash_version", "202208"}}));
}

TEST_F(Codes, Miss_IsNothing) {
  answer(R"({"value":[]})");
  EXPECT_FALSE(find_code(connection, "mine", "49ea", {}));
}

TEST_F(Codes, EmptyPageWithAContinuation_IsNotTheEnd) {
  answer(R"({"value":[],"nextLink":"https://management.azure.com/codes?$skip=opaque%3D"})");
  answer(R"({"value":[{"id":"/x/codes/n/versions/1"}]})");
  EXPECT_EQ(find_code(connection, "mine", "h", {})->name, "n");
  EXPECT_EQ(asked(1).url, "https://management.azure.com/codes?$skip=opaque%3D");
}

TEST_F(Codes, UnknownName_IsNothingButUnknownWorkspaceIsAnError) {
  answer(R"({"error":{"code":"UserError","message":"Code mine not found."}})", 404);
  EXPECT_FALSE(find_code(connection, "mine", "h", {}));
  answer(
      R"({"error":{"code":"ResourceNotFound","message":"The Resource 'Microsoft.MachineLearningServices/workspaces/x' was not found."}})",
      404);
  EXPECT_THROW(find_code(connection, "mine", "h", {}), NotFoundError);
}

TEST_F(Codes, PendingUpload_GivesBothAddresses) {
  answer(
      R"({"blobReferenceForConsumption":{"blobUri":"https://a.blob.core.windows.net:443/c","credential":{"credentialType":"SAS","sasUri":"https://a.blob.core.windows.net/c?sig=x%2By"}},"pendingUploadId":"p","pendingUploadType":"None"})");
  auto const upload = start_pending_upload(connection, "n", "1", {});
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, workspace + "/codes/n/versions/1/startPendingUpload?api-version=2024-04-01");
  EXPECT_TRUE(asked().idempotent);
  EXPECT_EQ(upload.blob_uri, "https://a.blob.core.windows.net:443/c");
  EXPECT_EQ(upload.sas_uri, "https://a.blob.core.windows.net/c?sig=x%2By");
}

TEST_F(Codes, PendingUploadWithoutASas_IsAnError) {
  answer(R"({"blobReferenceForConsumption":{"blobUri":"https://a/c","credential":{"credentialType":"None"}}})");
  EXPECT_THAT(thrown<TransportError>([&] { start_pending_upload(connection, "n", "1", {}); }).what(),
              HasSubstr("'sasUri'"));
}

TEST_F(Codes, Put_SendsVersionOfTheHashAsText) {
  answer(R"({"id":"/x/codes/n/versions/1","properties":{"codeUri":"u","isAnonymous":false}})", 201);
  auto const code = put_code(connection, "n", "1", "https://a:443/c/folder",
                             {{"hash_sha256", "49ea"}, {"hash_version", "202208"}}, {});
  EXPECT_EQ(code.id, "/x/codes/n/versions/1");
  EXPECT_EQ(asked().method, "PUT");
  EXPECT_TRUE(asked().idempotent);
  EXPECT_EQ(
      nlohmann::json::parse(asked().body),
      nlohmann::json::parse(
          R"({"properties":{"codeUri":"https://a:443/c/folder","isAnonymous":true,"properties":{"hash_sha256":"49ea","hash_version":"202208"}}})"));
}

TEST_F(Codes, Get_ReadsOne) {
  answer(R"({"id":"/x/codes/n/versions/3","properties":{"codeUri":"u","properties":null}})");
  auto const code = get_code(connection, "n", "3", {});
  EXPECT_EQ(asked().url, workspace + "/codes/n/versions/3?api-version=2024-04-01");
  EXPECT_EQ(code.version, "3");
  EXPECT_TRUE(code.properties.empty());
}

TEST_F(Codes, Environment_IsRegisteredAndItsIdReturned) {
  answer(R"({"id":"/x/environments/CliV2AnonymousEnvironment/versions/abc","properties":{"condaFile":"{}"}})", 201);
  core::JobEnvironment environment;
  environment.name = "CliV2AnonymousEnvironment";
  environment.version = "abc";
  environment.image = "img";
  EXPECT_EQ(put_environment(connection, environment, {}), "/x/environments/CliV2AnonymousEnvironment/versions/abc");
  EXPECT_EQ(asked().url, workspace + "/environments/CliV2AnonymousEnvironment/versions/abc?api-version=2024-04-01");
  EXPECT_EQ(nlohmann::json::parse(asked().body),
            nlohmann::json::parse(R"({"properties":{"image":"img","isAnonymous":true}})"));
}

}  // namespace
}  // namespace azureml::rest
