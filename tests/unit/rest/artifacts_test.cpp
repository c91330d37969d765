#include "unit/rest/rest_fixture.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {
namespace {

using testing::HasSubstr;

constexpr char const* kApi = "https://eastus2.api.azureml.ms";

struct Artifacts : RestTest {
  std::string const plane = kApi + std::string("/artifact/v2.0") + connection.workspace_path + "/artifacts/";
};

TEST_F(Artifacts, List_IsPaged) {
  answer(
      R"({"value":[{"artifactId":"ExperimentRun/dcid.c1/outputs/a b","path":"outputs/a b"},{"path":null}],"continuationToken":"t/1=","nextLink":null})");
  auto const page = list_artifacts(connection, kApi, "c1", "", "", {});
  EXPECT_EQ(asked(0).url, plane + "ExperimentRun/dcid.c1");
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0].path, "outputs/a b");
  answer(R"({"value":[],"continuationToken":null})");
  EXPECT_EQ(list_artifacts(connection, kApi, "c1", "", page.next, {}).next, "");
  EXPECT_EQ(asked(1).url, plane + "ExperimentRun/dcid.c1?continuationToken=t%2F1%3D");
}

TEST_F(Artifacts, ArtifactAddress_IsTheSignedOne) {
  answer(R"({"contentUri":"https://a/azureml/ExperimentRun/dcid.c1/outputs/m?sig=x","origin":"ExperimentRun"})");
  EXPECT_EQ(get_artifact_uri(connection, kApi, "c1", "outputs/ü m#1", {}),
            "https://a/azureml/ExperimentRun/dcid.c1/outputs/m?sig=x");
  EXPECT_EQ(asked().url, kApi + std::string("/artifact/v2.0") + connection.workspace_path +
                             "/artifacts/contentinfo/ExperimentRun/dcid.c1/outputs/%C3%BC%20m%231");
}

TEST_F(Artifacts, UnknownArtifact_IsNotFound) {
  answer(R"({"error":{"code":"UserError","message":"Artifact not found","innerError":{"code":"NotFoundError"}}})", 404);
  auto const error = thrown<NotFoundError>([&] { get_artifact_uri(connection, kApi, "c1", "outputs/m", {}); });
  EXPECT_EQ(error.inner_code(), "NotFoundError");
}

TEST_F(Artifacts, Prefix_IsAskedFor) {
  answer(R"({"value":[],"continuationToken":null})");
  list_artifacts(connection, kApi, "c1", "outputs/ü&x/", "t=", {});
  EXPECT_EQ(asked().url, plane + "ExperimentRun/dcid.c1?path=outputs%2F%C3%BC%26x%2F&continuationToken=t%3D");
}

TEST_F(Artifacts, PageThatIsItsOwnNext_BreaksTheProtocol) {
  answer(R"({"value":[],"continuationToken":"again"})");
  EXPECT_EQ(list_artifacts(connection, kApi, "c1", "", "", {}).next, "again");
  answer(R"({"value":[],"continuationToken":"again"})");
  EXPECT_THROW(list_artifacts(connection, kApi, "c1", "", "again", {}), TransportError);
}

TEST_F(Artifacts, Addresses_ComeInPages) {
  answer(
      R"({"value":[{"path":"outputs/a","contentUri":"https://a?sig=x"},{"path":"outputs/b","contentUri":null},{"contentUri":"https://c"},3],
      "continuationToken":"t1"})");
  auto const page = list_artifact_addresses(connection, kApi, "c1", "outputs/", "", {});
  EXPECT_EQ(asked().url, plane + "ExperimentRun/dcid.c1/prefix/contentinfo?path=outputs%2F");
  ASSERT_EQ(page.items.size(), 2U);
  EXPECT_EQ(page.items[0].uri, "https://a?sig=x");
  EXPECT_EQ(page.items[1].path, "outputs/b");
  EXPECT_EQ(page.items[1].uri, "");
  EXPECT_EQ(page.next, "t1");
}

TEST_F(Artifacts, HtmlInsteadOfAPage_BreaksTheProtocol) {
  answer("<!DOCTYPE html><html></html>", 200, {{"Content-Type", "text/html"}});
  auto const error = thrown<TransportError>([&] { list_artifact_addresses(connection, kApi, "c1", "", "", {}); });
  EXPECT_THAT(error.what(), HasSubstr("an HTML page"));
}

TEST_F(Artifacts, AddressForWriting_IsAskedForByName) {
  answer(R"({"contentUri":"https://a?sig=w"})");
  EXPECT_EQ(get_artifact_write_uri(connection, kApi, "c1", "outputs/a b", {}), "https://a?sig=w");
  EXPECT_EQ(asked().url, plane + "write/ExperimentRun/dcid.c1/outputs/a%20b");
}

TEST_F(Artifacts, Created_HaveAddressesAndRefusedHaveReasons) {
  answer(R"({"artifacts":{},"artifactContentInformation":{"a":{"contentUri":"https://a?sig=w"},"d":{}},
      "errors":{"b":{"error":{"code":"UserError","message":"Resource Conflict: ArtifactId b already exists."}},"c":{"message":"line\nbreak"}}})");
  auto const made = create_artifacts(connection, kApi, "c1", {"a", "b", "c", "d"}, {});
  EXPECT_EQ(asked().method, "POST");
  EXPECT_EQ(asked().url, plane + "ExperimentRun/dcid.c1/batch/metadata");
  EXPECT_EQ(asked().body, R"({"paths":[{"path":"a"},{"path":"b"},{"path":"c"},{"path":"d"}]})");
  ASSERT_EQ(made.created.size(), 1U);
  EXPECT_EQ(made.created[0].path, "a");
  EXPECT_EQ(made.created[0].uri, "https://a?sig=w");
  EXPECT_EQ(made.refused, (StringMap{{"b", "Resource Conflict: ArtifactId b already exists."},
                                     {"c", "line break"},
                                     {"d", "the service gives no reason"}}));
}

}  // namespace
}  // namespace azureml::rest
