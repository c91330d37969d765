// What the plan says goes up is what a container gets, byte for byte.
#include "api/snapshot_upload.hpp"
#include "snapshot/snapshot.hpp"
#include "support/read_file.hpp"
#include "unit/snapshot/random_tree.hpp"
#include "unit/transfer/blob_pipeline.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <map>

namespace azureml::snapshot {
namespace {

std::string content(std::filesystem::path const& file) {
  return test::read_file(std::filesystem::canonical(file));
}

unsigned trees() {
  auto const* const text = std::getenv("AZUREML_TEST_TREES");
  return text ? static_cast<unsigned>(std::atoi(text)) : 500;
}

TEST(PlanUpload, RandomFolders_ArriveAsPlanned) {
  std::size_t files = 0, excluded = 0, loops = 0, links = 0;
  for (unsigned seed = 1; seed <= trees() && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    test::RandomTree const tree(seed);
    auto const plan = snapshot_plan(tree.path(), {.use_cache = false});
    std::map<std::string, std::string> expected, uploaded;
    std::uint64_t bytes = 0;
    for (auto const& file : plan.files) {
      auto text = content(tree.path() / file.path);
      EXPECT_EQ(text.size(), file.size) << file.path;
      bytes += file.size;
      links += std::filesystem::canonical(tree.path() / file.path) != tree.path() / file.path ? 1 : 0;
      EXPECT_TRUE(expected.emplace("folder/" + file.path, std::move(text)).second) << file.path << " twice";
    }
    EXPECT_EQ(plan.bytes, bytes);
    for (auto const& left_out : plan.excluded) loops += left_out.rule == "link-loop" ? 1 : 0;
    files += plan.files.size();
    excluded += plan.excluded.size();
    if (!plan.files.empty()) {
      test::BlobPipeline blobs;
      auto const plan_again = make_plan(tree.path());
      api::SnapshotUpload(blobs.pipeline, plan_again, {}, {})
          .begin({.name = "code", .version = "1", .sas_uri = test::BlobServer::container(), .folder = "folder"}, {});
      for (auto const& [name, blob] : blobs.server->blobs()) uploaded.emplace(name, blob.content);
    }
    EXPECT_EQ(uploaded, expected);
  }
  if (trees() < 100) return;
  EXPECT_GT(files, trees() * 2U);  // else hardly anything was compared
  EXPECT_GT(excluded, trees() / 2U);
  EXPECT_GT(links, trees() / 4U);
  EXPECT_GT(loops, trees() / 20U);
}

}  // namespace
}  // namespace azureml::snapshot
