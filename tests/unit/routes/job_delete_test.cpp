#include "routes_fixture.hpp"

namespace azureml::engine::routes {
namespace {

using ::testing::HasSubstr;

class JobDelete : public RoutesTest {
 protected:
  void add_run(std::string const& name, std::string const& status = "Completed", std::string const& definition = "{}") {
    store_->add_job({.name = name, .experiment = "e", .definition = definition, .tags = {{"t", "1"}}, .status = status});
    write_artifact(name, "outputs/model", "weights");
    store_->put_blob({.container = "azureml", .name = "ExperimentRun/dcid." + name + "/notes.txt", .etag = "\"0x1\"", .size = 1});
  }
  Reply remove(std::string const& name) {
    auto reply = ask({.method = "DELETE", .address = arm("jobs/" + name)});
    if (reply.complete) reply.complete(reply);
    return reply;
  }
  [[nodiscard]] bool is_there(std::string const& name) const { return store_->find_job(name) && std::filesystem::exists(home_.artifacts(name) / "outputs/model"); }
};

TEST_F(JobDelete, EndedRun_GoesWithItsFilesAndNothingElse) {
  auto const code = a_code();
  add_run("r1");
  add_run("r10");
  EXPECT_EQ(remove("r1").status, 200);
  EXPECT_FALSE(store_->find_job("r1"));
  EXPECT_FALSE(std::filesystem::exists(home_.run("r1")));
  EXPECT_FALSE(store_->find_blob("azureml", "ExperimentRun/dcid.r1/notes.txt"));
  EXPECT_TRUE(std::filesystem::is_empty(home_.blobs() / ".staging"));
  EXPECT_TRUE(is_there("r10"));
  EXPECT_TRUE(store_->find_blob("azureml", "ExperimentRun/dcid.r10/notes.txt"));
  EXPECT_TRUE(store_->find_code("code1", "1"));
  EXPECT_EQ(remove("r1").status, 204);
  // The name is free again.
  EXPECT_TRUE(store_->add_job({.name = "r1", .experiment = "e", .definition = "{}"}));
}

TEST_F(JobDelete, RunWithoutAFolder_GoesToo) {
  store_->add_job({.name = "r1", .experiment = "e", .definition = "{}", .status = "Canceled"});
  EXPECT_EQ(remove("r1").status, 200);
  EXPECT_FALSE(store_->find_job("r1"));
}

TEST_F(JobDelete, RunThatHasNotEnded_IsRefusedUnchanged) {
  for (auto const* const status : {"Starting", "Queued", "Running", "Finalizing", "CancelRequested"}) {
    auto const name = std::string("r_") + status;
    add_run(name, status);
    auto const error = refusal({.method = "DELETE", .address = arm("jobs/" + name)});
    EXPECT_EQ(error.status, 409);
    EXPECT_THAT(error.message, HasSubstr(status));
    EXPECT_TRUE(is_there(name));
  }
}

TEST_F(JobDelete, RunWhoseFilesSomethingNames_IsRefusedUnchanged) {
  for (auto const* const uri : {"azureml://jobs/r1/outputs/default/paths/outputs/", "runs:/r1/outputs", "http://h/azureml123/azureml/ExperimentRun/dcid.r1/outputs",
                                "azureml://subscriptions/s/resourcegroups/g/workspaces/w/jobs/r1/outputs/default/paths/x"}) {
    add_run("r1");
    store_->add_data({.name = "d", .version = "1", .uri = uri});
    auto const error = refusal({.method = "DELETE", .address = arm("jobs/r1")});
    EXPECT_EQ(error.status, 409) << uri;
    EXPECT_THAT(error.message, HasSubstr("'d'"));
    EXPECT_TRUE(is_there("r1"));
    store_->remove_data("d", "1");
  }
  add_run("next", "Queued", R"({"inputs":{"i":{"uri":"runs:/r1/outputs"}}})");
  EXPECT_THAT(refusal({.method = "DELETE", .address = arm("jobs/r1")}).message, HasSubstr("'next'"));
  store_->change_job("next", {.status = "Canceled"});
  EXPECT_EQ(remove("r1").status, 200);
}

TEST_F(JobDelete, NameThatLeadsOut_IsNoRun) {
  EXPECT_EQ(remove("%2E%2E").status, 204);
  EXPECT_TRUE(std::filesystem::exists(home_.root));
}

TEST_F(JobDelete, TooLittleFreeSpace_RefusesANewRunAndChangesNothing) {
  an_environment();
  services_->free_space_min = std::uint64_t{1} << 60;
  auto const error = refusal(put_job("r1", command_job()));
  EXPECT_EQ(error.status, 507);
  EXPECT_EQ(error.code, "InsufficientStorage");
  EXPECT_THAT(error.message, HasSubstr(std::to_string(std::uint64_t{1} << 40) + " MiB"));
  EXPECT_FALSE(store_->find_job("r1"));
  EXPECT_FALSE(store_->find_experiment("diabetes"));
  EXPECT_FALSE(std::filesystem::exists(home_.run("r1")));
  EXPECT_TRUE(runner_calls_.empty());
  services_->free_space_min = 0;
  EXPECT_EQ(ask(put_job("r1", command_job())).status, 201);
  // A run that is there already needs no room.
  services_->free_space_min = std::uint64_t{1} << 60;
  EXPECT_EQ(ask(put_job("r1", command_job())).status, 200);
}

}  // namespace
}  // namespace azureml::engine::routes
