#include "routes_fixture.hpp"

namespace azureml::engine::routes {
namespace {

using namespace std::chrono_literals;

/// Reading a log while it grows.
class FollowTest : public RoutesTest {
 protected:
  void SetUp() override {
    RoutesTest::SetUp();
    store_->add_job({.name = "r1", .experiment = "e", .definition = "{}", .status = "Running"});
  }
  [[nodiscard]] Asked log(Headers headers, bool waited = false, std::string const& path = "user_logs/std_log.txt") const {
    return {.address = "/" + identity_.storage_account + "/azureml/ExperimentRun/dcid.r1/" + path,
            .headers = std::move(headers),
            .waited = waited,
            .check_signature = false};
  }
};

TEST_F(FollowTest, NewBytes_AreGivenAtOnceWithTheStatus) {
  write_artifact("r1", "user_logs/std_log.txt", "hello\n");
  auto const reply = ask(log({{"Range", "bytes=2-"}, {"Prefer", "wait=20"}}));
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(text_of(reply), "llo\n");
  EXPECT_EQ(reply.headers.at("x-azureml-run-status"), "Running");
  EXPECT_EQ(reply.headers.at("x-ms-blob-type"), "AppendBlob");
}

TEST_F(FollowTest, NothingYet_IsHeldAsLongAsAskedAndOffered) {
  write_artifact("r1", "user_logs/std_log.txt", "hello\n");
  auto const reply = ask(log({{"Range", "bytes=6-"}, {"Prefer", "wait=5"}}));
  ASSERT_TRUE(reply.wait);
  EXPECT_EQ(reply.wait->topic, "run:r1");
  EXPECT_EQ(reply.wait->timeout, 5000ms);
  EXPECT_EQ(ask(log({{"Range", "bytes=6-"}, {"Prefer", "respond-async, wait=100"}})).wait->timeout, services_->follow_wait_max);
}

TEST_F(FollowTest, TimeIsUpOrNobodyAskedToWait_Is416) {
  write_artifact("r1", "user_logs/std_log.txt", "hello\n");
  for (auto const& asked : {log({{"Range", "bytes=6-"}, {"Prefer", "wait=5"}}, true), log({{"Range", "bytes=6-"}}), log({{"Range", "bytes=6-"}, {"Prefer", "wait=0"}})}) {
    auto const error = refusal(asked);
    EXPECT_EQ(error.status, 416);
    EXPECT_EQ(error.headers.at("Content-Range"), "bytes */6");
    EXPECT_EQ(error.headers.at("x-azureml-run-status"), "Running");
  }
}

TEST_F(FollowTest, StatusThatIsNewToTheFollower_IsToldAtOnce) {
  write_artifact("r1", "user_logs/std_log.txt", "hello\n");
  Headers const knows_it{{"Range", "bytes=6-"}, {"Prefer", "wait=5"}, {"x-azureml-known-status", "Running"}};
  EXPECT_TRUE(ask(log(knows_it)).wait);
  Headers const behind{{"Range", "bytes=6-"}, {"Prefer", "wait=5"}, {"x-azureml-known-status", "Preparing"}};
  auto const error = refusal(log(behind));
  EXPECT_EQ(error.status, 416);
  EXPECT_EQ(error.headers.at("x-azureml-run-status"), "Running");
}

TEST_F(FollowTest, EndedRun_IsNeverHeld) {
  write_artifact("r1", "user_logs/std_log.txt", "hello\n");
  store_->change_job("r1", {.status = "Failed"});
  auto const error = refusal(log({{"Range", "bytes=6-"}, {"Prefer", "wait=5"}}));
  EXPECT_EQ(error.status, 416);
  EXPECT_EQ(error.headers.at("x-azureml-run-status"), "Failed");
  EXPECT_EQ(refusal(log({{"Prefer", "wait=5"}}, false, "user_logs/absent.txt")).status, 404);
}

TEST_F(FollowTest, LogThatIsNotThereYet_IsHeldThenNotFound) {
  EXPECT_TRUE(ask(log({{"Range", "bytes=0-"}, {"Prefer", "wait=5"}})).wait);
  EXPECT_EQ(refusal(log({{"Range", "bytes=0-"}, {"Prefer", "wait=5"}}, true)).code, "BlobNotFound");
  EXPECT_EQ(refusal(log({{"Range", "bytes=0-"}})).code, "BlobNotFound");
}

TEST_F(FollowTest, OtherFiles_AreNotHeld) {
  write_artifact("r1", "outputs/model.bin", "x");
  EXPECT_EQ(refusal(log({{"Range", "bytes=1-"}, {"Prefer", "wait=5"}}, false, "outputs/model.bin")).status, 416);
  EXPECT_FALSE(ask(log({}, false, "outputs/model.bin")).headers.contains("x-azureml-run-status"));
}

TEST_F(FollowTest, WithoutTheCapability_NothingIsHeld) {
  services_->follow_wait_max = 0ms;
  EXPECT_EQ(refusal(log({{"Range", "bytes=0-"}, {"Prefer", "wait=5"}})).status, 404);
  EXPECT_FALSE(ask_json({.address = "/discovery"}).at("azureml-cpp").contains("followWaitMs"));
}

TEST_F(FollowTest, RunThatIsNotThere_IsNotFound) {
  EXPECT_EQ(refusal({.address = "/" + identity_.storage_account + "/azureml/ExperimentRun/dcid.absent/user_logs/std_log.txt", .check_signature = false}).status, 404);
  EXPECT_EQ(refusal({.address = "/" + identity_.storage_account + "/azureml/Other/x", .check_signature = false}).status, 404);
}

TEST_F(FollowTest, Details_AreHeldWhileTheStatusIsTheKnownOne) {
  Headers const known{{"Prefer", "wait=3"}, {"x-azureml-known-status", "Running"}};
  auto const held = ask({.address = history("runs/r1/details"), .headers = known});
  ASSERT_TRUE(held.wait);
  EXPECT_EQ(held.wait->topic, "run:r1");
  EXPECT_EQ(held.wait->timeout, 3000ms);
  EXPECT_EQ(ask_json({.address = history("runs/r1/details"), .headers = known, .waited = true}).at("status"), "Running");
  EXPECT_EQ(ask_json({.address = history("runs/r1/details"), .headers = {{"Prefer", "wait=3"}, {"x-azureml-known-status", "Queued"}}}).at("status"), "Running");
  EXPECT_EQ(ask_json({.address = history("runs/r1/details"), .headers = {{"Prefer", "wait=3"}}}).at("status"), "Running");
  store_->change_job("r1", {.status = "Completed"});
  EXPECT_EQ(ask_json({.address = history("runs/r1/details"), .headers = {{"Prefer", "wait=3"}, {"x-azureml-known-status", "Completed"}}}).at("status"), "Completed");
}

}  // namespace
}  // namespace azureml::engine::routes
