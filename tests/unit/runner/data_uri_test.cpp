#include "engine/runner/data_uri.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

using Kind = DataUri::Kind;

struct Reading {
  char const* text;
  DataUri expected;
};

constexpr char kScope[] = "s-1/rg/ws";

std::vector<Reading> readings() {
  return {
      {"azureml://datastores/ds/paths/a/b.csv", {.kind = Kind::datastore, .name = "ds", .path = "a/b.csv"}},
      {"azureml://datastores/ds/paths/a/b/", {.kind = Kind::datastore, .name = "ds", .path = "a/b"}},
      {"azureml://datastores/ds/paths/", {.kind = Kind::datastore, .name = "ds"}},
      {"azureml://datastores/ds/paths", {.kind = Kind::datastore, .name = "ds"}},
      {"azureml://datastores/ds", {.kind = Kind::datastore, .name = "ds"}},
      {"azureml://datastores/ds/paths//a/./b//c", {.kind = Kind::datastore, .name = "ds", .path = "a/b/c"}},
      {"azureml://datastores/ds/paths/a b/%20/ä", {.kind = Kind::datastore, .name = "ds", .path = "a b/%20/ä"}},
      {"azureml://datastores/ds/paths/%2e%2e/x", {.kind = Kind::datastore, .name = "ds", .path = "%2e%2e/x"}},
      {"azureml://datastores/ds/paths/a?b#c", {.kind = Kind::datastore, .name = "ds", .path = "a?b#c"}},
      {"azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.r_1",
       {.kind = Kind::datastore, .name = "workspaceartifactstore", .path = "ExperimentRun/dcid.r_1"}},
      {"azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.r_1/outputs/",
       {.kind = Kind::datastore, .name = "workspaceartifactstore", .path = "ExperimentRun/dcid.r_1/outputs"}},
      {"azureml://subscriptions/S-1/resourcegroups/RG/workspaces/ws/datastores/ds/paths/a/b",
       {.kind = Kind::datastore, .name = "ds", .path = "a/b", .scope = kScope}},
      {"azureml://subscriptions/s-1/resourceGroups/rg/workspaces/ws/datastores/ds/paths/a/b/",
       {.kind = Kind::datastore, .name = "ds", .path = "a/b", .scope = kScope}},
      {"azureml://subscriptions/s-1/RESOURCEGROUPS/rg/providers/Microsoft.MachineLearningServices/workspaces/ws/"
       "datastores/ds/paths/a",
       {.kind = Kind::datastore, .name = "ds", .path = "a", .scope = kScope}},
      {"azureml:name:3", {.kind = Kind::asset, .name = "name", .version = "3"}},
      {"azureml:my-data.v2_x:2024.01", {.kind = Kind::asset, .name = "my-data.v2_x", .version = "2024.01"}},
      {"azureml:name@latest", {.kind = Kind::asset, .name = "name"}},
      {"/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws/data/d/versions/"
       "7",
       {.kind = Kind::asset, .name = "d", .version = "7", .scope = kScope}},
      {"azureml:/subscriptions/s-1/resourcegroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws/data/d/"
       "versions/7",
       {.kind = Kind::asset, .name = "d", .version = "7", .scope = kScope}},
      {"/subscriptions/s-1/resourceGroups/rg/providers/p/workspaces/ws/data/d/labels/latest",
       {.kind = Kind::asset, .name = "d", .scope = kScope}},
      {"azureml://subscriptions/s-1/resourcegroups/rg/workspaces/ws/data/d/versions/7",
       {.kind = Kind::asset, .name = "d", .version = "7", .scope = kScope}},
      {"azureml://locations/westeurope/workspaces/GUID-1/data/d/versions/1",
       {.kind = Kind::asset, .name = "d", .version = "1", .scope = "guid-1"}},
      {"azureml://jobs/j_1/outputs/model/paths/a/b",
       {.kind = Kind::job_output, .name = "j_1", .output = "model", .path = "a/b"}},
      {"azureml://jobs/j_1/outputs/model/paths/", {.kind = Kind::job_output, .name = "j_1", .output = "model"}},
      {"azureml://jobs/j_1/outputs/model", {.kind = Kind::job_output, .name = "j_1", .output = "model"}},
      {"runs:/j_1/outputs/model.pkl", {.kind = Kind::job_output, .name = "j_1", .path = "outputs/model.pkl"}},
      {"runs:/j_1", {.kind = Kind::job_output, .name = "j_1"}},
      {"https://example.org/a.csv?sig=x", {.kind = Kind::web, .name = "https://example.org/a.csv?sig=x"}},
      {"HTTP://example.org", {.kind = Kind::web, .name = "HTTP://example.org"}},
      {"wasbs://c@acct.blob.core.windows.net/p",
       {.kind = Kind::foreign, .name = "wasbs://c@acct.blob.core.windows.net/p"}},
      {"abfss://fs@acct.dfs.core.windows.net/p",
       {.kind = Kind::foreign, .name = "abfss://fs@acct.dfs.core.windows.net/p"}},
      {"azureml://registries/azureml/data/d/versions/1",
       {.kind = Kind::foreign, .name = "azureml://registries/azureml/data/d/versions/1"}},
      {"file:azureml://datastores/ds/paths/f", {.kind = Kind::datastore, .name = "ds", .path = "f"}},
      {"folder:azureml://datastores/ds/paths/f/", {.kind = Kind::datastore, .name = "ds", .path = "f"}},
      {"file:https://example.org/x", {.kind = Kind::web, .name = "https://example.org/x"}},
  };
}

TEST(DataUri, EverySpellingOfAnAddress_IsRead) {
  for (auto const& [text, expected] : readings()) {
    auto const uri = parse_data_uri(text);
    ASSERT_TRUE(uri) << text;
    EXPECT_EQ(*uri, expected) << text << " read as name '" << uri->name << "' version '" << uri->version << "' output '"
                              << uri->output << "' path '" << uri->path << "' scope '" << uri->scope << "'";
  }
}

TEST(DataUri, WhatIsNoAddressOrLeadsOut_IsNothing) {
  for (std::string const text : {"",
                                 "/",
                                 "x",
                                 "data/a.csv",
                                 "/etc/passwd",
                                 "file:///etc/passwd",
                                 "file:",
                                 "azureml:",
                                 "azureml://",
                                 "azureml:name",
                                 "azureml:name:",
                                 "azureml::1",
                                 "azureml:a/b:1",
                                 "azureml:..:1",
                                 "azureml:a:..",
                                 "azureml:name@oldest",
                                 "azureml://datastores",
                                 "azureml://datastores/",
                                 "azureml://datastores/../paths/x",
                                 "azureml://datastores/ds/paths/../x",
                                 "azureml://datastores/ds/paths/a/../../x",
                                 "azureml://datastores/ds/paths/a/..",
                                 "azureml://datastores/ds/other/x",
                                 "azureml://datastores/d s/paths/x",
                                 "azureml://datastores/ds/ExperimentRun/../x",
                                 "azureml://subscriptions/s/resourcegroups/g/workspaces/w",
                                 "azureml://subscriptions/s/resourcegroups/g/workspaces/w/models/m/versions/1",
                                 "azureml://subscriptions/s/groups/g/workspaces/w/datastores/ds/paths/x",
                                 "azureml://jobs/j",
                                 "azureml://jobs/j/outputs",
                                 "azureml://jobs/j/outputs/o/x",
                                 "azureml://jobs/../outputs/o/paths/x",
                                 "azureml://jobs/j/outputs/o/paths/../x",
                                 "azureml://locations/l/workspaces/w/models/m/versions/1",
                                 "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/codes/c/versions/1",
                                 "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/data/d/versions/",
                                 "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/data/../versions/1",
                                 "/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/datastores/d/paths/x",
                                 "runs:/",
                                 "runs:/../x",
                                 "runs:/j/../../x",
                                 "http://",
                                 "https:///x",
                                 "ftp://example.org/x",
                                 "javascript:x"})
    EXPECT_FALSE(parse_data_uri(text)) << text;
}

TEST(DataUri, ControlCharactersAndBoundlessTexts_AreNothing) {
  EXPECT_FALSE(parse_data_uri(std::string_view("azureml://datastores/ds/paths/a\0b", 33)));
  EXPECT_FALSE(parse_data_uri("azureml://datastores/ds/paths/a\nb"));
  EXPECT_FALSE(parse_data_uri("https://example.org/\r\nx"));
  EXPECT_FALSE(parse_data_uri("azureml://datastores/ds/paths/" + std::string(9000, 'x')));
}

}  // namespace
}  // namespace azureml::engine::runner
