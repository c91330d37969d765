// Submitting a folder against the mocked service over real sockets: which snapshot is used again, what goes up, and
// what an interrupted upload costs the next time.
#include "support/mock_service.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <azureml/azureml.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

namespace azureml {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::MockReply;
using test::MockService;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct SubmitTest : testing::Test {
  MockService service;
  test::TemporaryDirectory folder, home;
  std::mutex mutex;
  std::string log;

  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", home.path().c_str(), 1);
    folder.write("project/train.py", "print(1)\n");
    folder.write("project/data/a.bin", std::string(5000, 'a'));
    folder.write("project/data/b.bin", std::string(7000, 'b'));
    folder.write("project/empty", "");
  }
  void TearDown() override {
    EXPECT_THAT(service.violations(), IsEmpty());
    EXPECT_THAT(service.server().unexpected(), IsEmpty());
    EXPECT_THAT(log, Not(HasSubstr(MockService::kSignature)));
    ::unsetenv("XDG_CACHE_HOME");
  }

  [[nodiscard]] fs::path project() const { return folder.path() / "project"; }
  [[nodiscard]] Estimator estimator() const {
    Estimator result{.source_directory = project(), .compute_target = "cpu-cluster", .entry_script = "train.py"};
    result.environment_definition = Environment{.name = "registered", .version = "1"};
    return result;
  }
  [[nodiscard]] Workspace workspace() {
    WorkspaceOptions options;
    options.credential = Credential::from_token(Secret::literal(MockService::kToken));
    options.resource_manager_url = service.endpoint();
    options.log_level = LogLevel::debug;
    options.on_log_record = [this](LogRecord const& record) {
      std::lock_guard const lock(mutex);
      log += std::string(record.message) + '\n';
    };
    return Workspace::get({.subscription_id = MockService::kSubscription,
                           .resource_group = MockService::kResourceGroup,
                           .workspace_name = MockService::kWorkspace},
                          options);
  }
  azureml::Run submit(SubmitOptions const& options = {}, Context const& context = {}) {
    return Experiment(workspace(), "exp").submit(estimator(), options, context);
  }
  /// Requests of a method to blobs, as `method path?comp`.
  [[nodiscard]] std::vector<std::string> blob_requests(std::string const& method) {
    std::vector<std::string> found;
    for (auto const& request : service.server().requests(method, "/acct/*")) {
      auto const comp = request.parameter("comp");
      found.push_back(request.path.substr(request.path.find('/', 6) + 1) + (comp.empty() ? "" : "?" + comp));
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  [[nodiscard]] std::vector<test::MockRequest> requests_since(std::size_t count) {
    auto all = service.server().requests();
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    return all;
  }
  /// The properties of the code asset that a job has.
  [[nodiscard]] json code_of(azureml::Run const& run) {
    auto const body = service.job_body(run.id());
    if (!body) throw std::runtime_error("no job");
    auto const id = json::parse(*body).at("properties").at("codeId").get<std::string>();
    for (auto const& request : service.server().requests("PUT", id)) return json::parse(request.body).at("properties");
    return {};
  }
  [[nodiscard]] std::vector<fs::path> records() const {
    std::vector<fs::path> found;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator(home.path() / "azureml-cpp/uploads", error))
      found.push_back(entry.path());
    return found;
  }
  /// A submit whose upload fails at one file, after the others have had their time.
  void interrupted_submit() {
    std::stop_source stop;
    auto& server = service.server();
    server.once("PUT", container(1) + "/project/train.py", MockReply{.status = 400});
    EXPECT_THROW(submit({}, {.stop = stop.get_token()}), ServiceError);
    EXPECT_THAT(service.jobs(), IsEmpty());
  }
  [[nodiscard]] static std::string container(int number) {
    return "/acct/8e7dad76-df37-472b-b882-0c1c58adfcf9-" + std::to_string(number);
  }
};

TEST_F(SubmitTest, NewContent_GoesUpAndIsRegisteredWithBothHashes) {
  auto const run = submit();
  auto const code = code_of(run);
  EXPECT_EQ(code.at("properties").at("hash_version"), "202208");
  EXPECT_EQ(code.at("properties").at("hash_sha256").get<std::string>().size(), 64U);
  EXPECT_EQ(code.at("properties").at("azureml-cpp.tree_sha256").get<std::string>().size(), 64U);
  EXPECT_THAT(code.at("codeUri").get<std::string>(), testing::EndsWith("-1/project"));
  EXPECT_THAT(blob_requests("HEAD"), Contains("project/data/a.bin"));
  EXPECT_THAT(blob_requests("PUT"), ElementsAre("project/data/a.bin", "project/data/a.bin?metadata",
                                                "project/data/b.bin", "project/empty", "project/train.py"));
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(SubmitTest, SameContentAgain_SendsNothing) {
  submit();
  auto const sent = blob_requests("PUT").size();
  auto const requests = service.server().requests().size();
  submit();
  EXPECT_EQ(blob_requests("PUT").size(), sent);
  EXPECT_LE(service.server().requests().size(), requests + 3);
}

TEST_F(SubmitTest, ContentOfAnotherClient_IsUsed) {
  auto const hash = code_of(submit()).at("properties").at("hash_sha256").get<std::string>();
  MockService other;
  other.add_code("theirs", "3", hash);
  WorkspaceOptions options;
  options.credential = Credential::from_token(Secret::literal(MockService::kToken));
  options.resource_manager_url = other.endpoint();
  auto const elsewhere =
      Workspace::get({MockService::kSubscription, MockService::kResourceGroup, MockService::kWorkspace}, options);
  auto const run = Experiment(elsewhere, "exp").submit(estimator());
  EXPECT_THAT(other.job_body(run.id()).value(), HasSubstr("/codes/theirs/versions/3"));
  EXPECT_THAT(other.uploads(), IsEmpty());
}

TEST_F(SubmitTest, OtherFilesOfTheSameContentHash_AreUploadedAllTheSame) {
  auto const collide = [&](char const* a, char const* b) {
    fs::remove_all(project());
    folder.write("project/" + std::string(a), "x");
    folder.write("project/" + std::string(b), "y");
    folder.write("project/train.py", "print(1)\n");
    return code_of(submit()).at("properties");
  };
  auto const one = collide("a#1#b", "c"), two = collide("a", "b#1#c");
  EXPECT_EQ(one.at("hash_sha256"), two.at("hash_sha256"));
  EXPECT_NE(one.at("azureml-cpp.tree_sha256"), two.at("azureml-cpp.tree_sha256"));
  EXPECT_THAT(blob_requests("PUT"), AllOf(Contains("project/a%231%23b"), Contains("project/b%231%23c")));
  // Both are known from now on, whichever the service names first.
  auto const sent = blob_requests("PUT").size();
  submit();
  EXPECT_EQ(blob_requests("PUT").size(), sent);
}

TEST_F(SubmitTest, UploadInterrupted_SendsOnlyTheRestTheNextTime) {
  interrupted_submit();
  ASSERT_THAT(records(), SizeIs(1));
  auto const before = service.uploads();
  auto const requests = service.server().requests().size();
  auto const run = submit();
  EXPECT_THAT(service.uploads(), SizeIs(4));
  for (auto const& request : requests_since(requests)) {
    if (request.method != "PUT" || !request.parameter("comp").empty()) continue;
    EXPECT_FALSE(before.contains(request.path.substr(std::string("/acct/").size()))) << request.path;
  }
  EXPECT_THAT(code_of(run).at("codeUri").get<std::string>(), testing::EndsWith("-1/project"));
  EXPECT_THAT(service.server().requests("POST", "*"), SizeIs(1));
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(SubmitTest, BlobOfOtherContentFromBefore_IsReplaced) {
  interrupted_submit();
  service.put_blob("8e7dad76-df37-472b-b882-0c1c58adfcf9-1/project/train.py", "print(2)\n");
  submit();
  auto const uploads = service.uploads();
  EXPECT_EQ(uploads.at("8e7dad76-df37-472b-b882-0c1c58adfcf9-1/project/train.py"), "print(1)\n");
}

TEST_F(SubmitTest, InterruptedBetweenMarkAndRegistration_SendsNoFileAgain) {
  service.server().once("PUT", MockService::workspace_path() + "/codes/*", MockReply{.status = 403});
  EXPECT_THROW(submit(), ServiceError);
  auto const sent = blob_requests("PUT").size();
  submit();
  EXPECT_EQ(blob_requests("PUT").size(), sent);
  EXPECT_THAT(service.jobs(), SizeIs(1));
}

TEST_F(SubmitTest, PlaceThatIsOfNoUseAnyMore_IsDroppedForANewOne) {
  interrupted_submit();
  service.expire_addresses();
  auto const run = submit();
  EXPECT_THAT(code_of(run).at("codeUri").get<std::string>(), testing::EndsWith("-2/project"));
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(SubmitTest, WithoutTheCache_NothingIsWritten) {
  SubmitOptions options;
  options.snapshot.use_cache = false;
  submit(options);
  EXPECT_FALSE(fs::exists(home.path() / "azureml-cpp"));
}

TEST_F(SubmitTest, RecordOfAnUpload_IsTheUsersAlone) {
  interrupted_submit();
  ASSERT_THAT(records(), SizeIs(1));
  struct stat status {};
  ASSERT_EQ(::stat(records().front().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(SubmitTest, RecordThatIsNoRecord_IsAsNone) {
  interrupted_submit();
  ASSERT_THAT(records(), SizeIs(1));
  auto const record = records().front();
  auto const text = test::read_file(record);
  for (std::size_t length = 0; length < text.size(); length += 41) {
    std::ofstream(record, std::ios::trunc) << text.substr(0, length);
    service.server().once("PUT", MockService::workspace_path() + "/codes/*", MockReply{.status = 400});
    EXPECT_THROW(submit(), ServiceError) << length;
  }
  submit();
}

TEST_F(SubmitTest, TwoAtOnce_BothAreWhole) {
  std::optional<azureml::Run> runs[2];
  std::thread other([&] { runs[1] = submit(); });
  runs[0] = submit();
  other.join();
  for (auto const& run : runs) {
    ASSERT_TRUE(run);
    EXPECT_TRUE(service.job_body(run->id()));
  }
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(SubmitTest, StoppedWhileUploading_SubmitsNothingAndSaysSo) {
  service.server().on("PUT", container(1) + "/project/train.py", MockReply{.hold = true});
  std::stop_source stop;
  std::jthread const stopper([&] {
    service.server().wait_for_requests(6);
    stop.request_stop();
  });
  try {
    submit({}, {.stop = stop.get_token()});
    FAIL() << "no error";
  } catch (StoppedError const& error) {
    EXPECT_FALSE(error.timed_out());
    EXPECT_THAT(error.what(), HasSubstr("nothing was started"));
  }
  EXPECT_THAT(service.jobs(), IsEmpty());
  EXPECT_THAT(records(), SizeIs(1));
  service.server().release();
}

TEST_F(SubmitTest, WarningsOfThePlan_AreTheRuns) {
  SubmitOptions options;
  options.snapshot.files_warn = 2;
  auto const run = submit(options);
  auto const properties = json::parse(service.job_body(run.id()).value()).at("properties").at("properties");
  bool found = false;
  for (auto const& [name, value] : properties.items())
    found = found ||
            (name.starts_with("azureml-cpp.warning.") && value.get<std::string>().find("files") != std::string::npos);
  EXPECT_TRUE(found) << properties;
  EXPECT_THAT(log, HasSubstr("run '" + run.id() + "'"));
}

TEST_F(SubmitTest, MoreFilesThanAllowed_IsRefusedBeforeAnyRequest) {
  SubmitOptions options;
  options.snapshot.files_max = 2;
  EXPECT_THROW(submit(options), ValidationError);
  EXPECT_THAT(service.server().requests(), IsEmpty());
}

TEST_F(SubmitTest, FileChangedSinceItWasHashed_IsAnErrorAndNothingIsSubmitted) {
  SubmitOptions options;
  bool first = true;
  options.on_progress = [&](TransferProgress const& progress) {
    if (progress.phase == TransferPhase::hashing && progress.bytes_done == progress.bytes_total &&
        std::exchange(first, false))
      folder.write("project/train.py", "print(22)\n");
  };
  EXPECT_THROW(submit(options), FileError);
  EXPECT_THAT(service.jobs(), IsEmpty());
}

}  // namespace
}  // namespace azureml
