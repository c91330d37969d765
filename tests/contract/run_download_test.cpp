// A run's files on their way down, from the public API to the sockets.
#include "contract/run_fixture.hpp"
#include "support/mock_blobs.hpp"

#include <atomic>

namespace azureml::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

struct RunDownload : RunTest {
  RunDownload() {
    for (auto const* name :
         {"outputs/a.txt", "outputs/deep/b.txt", "outputs/outputs/c.txt", "outputs2/d.txt", "logs/e.txt"})
      service.add_file("run_1", name, std::string("text of ") + name);
  }
};

TEST_F(RunDownload, FileNames_AreALazyRangeOverPages) {
  EXPECT_EQ(run.get_file_names().first(), "outputs/a.txt");
  EXPECT_EQ(asked("GET", "/artifacts/ExperimentRun"), 2U);  // the first page is empty
  EXPECT_THAT(run.get_file_names().to_vector(), ElementsAre("outputs/a.txt", "outputs/deep/b.txt",
                                                            "outputs/outputs/c.txt", "outputs2/d.txt", "logs/e.txt"));
  EXPECT_THAT(run.get_file_names("outputs").to_vector(),
              ElementsAre("outputs/a.txt", "outputs/deep/b.txt", "outputs/outputs/c.txt"));
  EXPECT_THAT(run.get_file_names(".\\outputs\\deep").to_vector(), ElementsAre("outputs/deep/b.txt"));
  EXPECT_THAT(run.get_file_names("./outputs/deep/").to_vector(), ElementsAre("outputs/deep/b.txt"));
  EXPECT_THAT(run.get_file_names("none").to_vector(), IsEmpty());
}

TEST_F(RunDownload, FileNames_EndWithTheirTime) {
  auto names = run.get_file_names({}, within(std::chrono::seconds(10)));
  EXPECT_TRUE(names.first());
  clock.advance(std::chrono::seconds(11));
  EXPECT_THROW(names.to_vector(), StoppedError);
}

TEST_F(RunDownload, Folder_ComesWithItsNamesAndAPageAndAGetEach) {
  auto const report = run.download_files({.prefix = "outputs", .output_directory = path("down")});
  EXPECT_THAT(tree("down"), ElementsAre(Pair("outputs/a.txt", "text of outputs/a.txt"),
                                        Pair("outputs/deep/b.txt", "text of outputs/deep/b.txt"),
                                        Pair("outputs/outputs/c.txt", "text of outputs/outputs/c.txt")));
  EXPECT_EQ(report.files, 3U);
  EXPECT_THAT(report.paths, SizeIs(3));
  EXPECT_EQ(asked("GET", "/prefix/contentinfo"), 4U);  // three pages of one, after an empty one
  EXPECT_EQ(asked("GET", "/artifacts/contentinfo"), 0U);
  EXPECT_EQ(asked("GET", "/acct/azureml/"), 3U);
}

TEST_F(RunDownload, WithoutThePrefix_ItIsTakenOffTheBeginningOnly) {
  run.download_files({.prefix = "outputs\\", .output_directory = path("down"), .append_prefix = false});
  EXPECT_THAT(tree("down"),
              ElementsAre(Pair("a.txt", "text of outputs/a.txt"), Pair("deep/b.txt", "text of outputs/deep/b.txt"),
                          Pair("outputs/c.txt", "text of outputs/outputs/c.txt")));
}

TEST_F(RunDownload, ServerThatIgnoresThePrefix_DoesNotBringMore) {
  service.server().once(
      "GET", "/artifact/*",
      json_reply(R"({"value":[{"path":"logs/e.txt","contentUri":"http://127.0.0.1:1/x"}],"continuationToken":"t/0"})"));
  run.download_files({.prefix = "outputs/deep", .output_directory = path("down")});
  EXPECT_THAT(tree("down"), ElementsAre(Pair("outputs/deep/b.txt", "text of outputs/deep/b.txt")));
}

TEST_F(RunDownload, NothingBelowThePrefix_IsNotFoundAndSaysWhatThereIs) {
  auto const error =
      thrown<NotFoundError>([&] { run.download_files({.prefix = "output", .output_directory = path("down")}); });
  EXPECT_THAT(error.what(),
              HasSubstr("run 'run_1' has no file below 'output/'; it has outputs/a.txt, outputs/deep/b.txt"));
  EXPECT_THAT(error.available(), SizeIs(5));
  EXPECT_FALSE(std::filesystem::exists(path("down")));
  auto const empty = make_run("run_2").download_files({.output_directory = path("down")});
  EXPECT_EQ(empty.files, 0U);
}

TEST_F(RunDownload, Names_AreTakenAsTheyAre) {
  auto const report = run.download_files({.names = {"logs/e.txt", "outputs/a.txt", "logs/e.txt"}, .output_directory = path("down")});
  EXPECT_THAT(tree("down"),
              ElementsAre(Pair("logs/e.txt", "text of logs/e.txt"), Pair("outputs/a.txt", "text of outputs/a.txt")));
  EXPECT_EQ(report.files, 2U);
  auto const error =
      thrown<NotFoundError>([&] { run.download_files({.names = {"outputs/none"}, .output_directory = path("down")}); });
  EXPECT_THAT(error.what(), HasSubstr("run 'run_1' has no file 'outputs/none'; it has outputs/a.txt"));
  EXPECT_EQ(error.status(), 404);
  EXPECT_THROW(run.download_files({.names = {"../a"}, .output_directory = path("down")}), ValidationError);
  EXPECT_THROW(run.download_files({.prefix = "outputs", .names = {"logs/e.txt"}}), ValidationError);
}

TEST_F(RunDownload, FilesThatAreThere_AreLeftAloneWhenTold) {
  directory.write("down/outputs/a.txt", "mine");
  auto const report = run.download_files({.prefix = "outputs", .output_directory = path("down"), .overwrite = false});
  EXPECT_EQ(report.files, 2U);
  EXPECT_EQ(report.skipped, 1U);
  EXPECT_EQ(text_of(path("down/outputs/a.txt")), "mine");
  run.download_files({.prefix = "outputs", .output_directory = path("down")});
  EXPECT_EQ(text_of(path("down/outputs/a.txt")), "text of outputs/a.txt");
  EXPECT_EQ(run.download_file("logs/e.txt", path("down/outputs/a.txt"), {.overwrite = false}),
            path("down/outputs/a.txt"));
  EXPECT_EQ(text_of(path("down/outputs/a.txt")), "text of outputs/a.txt");
}

TEST_F(RunDownload, HostileNames_AreRefusedBeforeAnyByteIsFetched) {
  constexpr char const* kHostile[] = {"../escape", "/absolute", "outputs/../../up", "outputs\\up", "con",
                                      "a//b",      "a/./b",     "line\nbreak",      "folder/",     "C:x"};
  auto const hostile = make_run("run_2");
  service.add_file("run_2", "outputs/good.txt", "good");
  for (int i = 0; i < 200; ++i)
    service.add_file("run_2", std::string(kHostile[i % 10]) + (i % 10 == 4 || i % 10 == 8 ? "" : std::to_string(i)),
                     "bad");
  service.artifacts_on_a_page(50);
  auto const error = thrown<ValidationError>([&] { hostile.download_files({.output_directory = path("down")}); });
  EXPECT_THAT(error.faults(), SizeIs(11));
  EXPECT_EQ(error.faults().back().field, "190 more");
  EXPECT_THAT(error.what(), HasSubstr("../escape0"));
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  EXPECT_EQ(asked("GET", "/acct/azureml/"), 0U);
  EXPECT_FALSE(std::filesystem::exists(path("down")));
  EXPECT_FALSE(std::filesystem::exists(path("escape0")));
  // What is good can be had by its name, and a bad one alone.
  EXPECT_EQ(hostile.download_files({.names = {"outputs/good.txt"}, .output_directory = path("down")}).files, 1U);
  hostile.download_file("../escape0", path("down/renamed"));
  EXPECT_THAT(tree("down"), ElementsAre(Pair("outputs/good.txt", "good"), Pair("renamed", "bad")));
}

TEST_F(RunDownload, AddressesThatEndMeanwhile_AreRenewedOneByOne) {
  MockBlobs blobs;
  blobs.append("a", "text of outputs/a.txt");
  std::atomic<bool> is_first{true};
  service.server().on("GET", artifact_blob("outputs/a.txt"), [&](MockRequest const& request) {
    if (!is_first.exchange(false)) return blobs.serve(request, "a");
    service.expire_addresses();  // the others' too
    return blob_error(403, "AuthenticationFailed", "Signature not valid in the specified time frame.");
  });
  auto const report = run.download_files({.output_directory = path("down")});
  EXPECT_EQ(report.files, 5U);
  EXPECT_THAT(tree("down"), SizeIs(5));
  EXPECT_EQ(text_of(path("down/logs/e.txt")), "text of logs/e.txt");
  EXPECT_GE(asked("GET", "/artifacts/contentinfo/"), 1U);
  EXPECT_LE(asked("GET", "/artifacts/contentinfo/"), 5U);
}

TEST_F(RunDownload, FileCutInTheMiddle_GoesOnWhereItWas) {
  std::string const content(12 << 20, 'z');
  service.add_file("run_1", "outputs/large.bin", content);
  std::atomic<bool> broken{true};
  std::atomic<int> gets{0};
  MockBlobs blobs;
  blobs.append("large", content);
  service.server().on("GET", artifact_blob("outputs/large.bin"), [&](MockRequest const& request) {
    auto reply = blobs.serve(request, "large");
    if (!broken) return reply;
    // What is under way comes for the first half of the file, then the server is gone.
    if (++gets > 2) return MockReply{.no_answer = true};
    reply.cut_after = reply.body.size() / 2;
    return reply;
  });
  EXPECT_THROW(run.download_file("outputs/large.bin", path("large.bin")), TransportError);
  EXPECT_FALSE(std::filesystem::exists(path("large.bin")));
  broken = false;
  std::uint64_t last = 0;
  TransferReport report;
  EXPECT_EQ(run.download_file("outputs/large.bin", path("large.bin"),
                              DownloadFileOptions{
                                  .on_progress = [&](TransferProgress const& progress) { last = progress.bytes_done; },
                                  .on_report = [&](TransferReport const& done) { report = done; }}),
            path("large.bin"));
  EXPECT_EQ(last, content.size());
  EXPECT_EQ(report.bytes + report.resumed_bytes, content.size());
  EXPECT_GT(report.resumed_bytes, 0U);
  EXPECT_EQ(text_of(path("large.bin")), content);
  EXPECT_THAT(std::vector(std::filesystem::directory_iterator(directory.path()), {}), SizeIs(1))
      << "nothing is left beside the file";
}

TEST_F(RunDownload, HtmlInsteadOfAnAnswer_IsSaid) {
  service.server().once("GET", "/artifact/*", html_reply());
  auto const error = thrown<TransportError>([&] { run.download_files({.output_directory = path("down")}); });
  EXPECT_THAT(error.what(), HasSubstr("HTML"));
  service.server().once("GET", "/artifact/*", html_reply());
  EXPECT_THROW(run.get_file_names().to_vector(), TransportError);
}

TEST_F(RunDownload, OneFile_TakesAPathAFolderOrItsOwnName) {
  EXPECT_EQ(run.download_file("outputs/a.txt", path("made/for/it.txt")), path("made/for/it.txt"));
  EXPECT_EQ(text_of(path("made/for/it.txt")), "text of outputs/a.txt");
  EXPECT_EQ(run.download_file("outputs/deep/b.txt", path("made")), path("made/b.txt"));
  EXPECT_EQ(run.download_file("logs/e.txt", path("new/")), path("new/e.txt"));
  for (auto const* name : {"", "/x", "x/", "x/..", "."})
    EXPECT_THROW(run.download_file(name, path("x")), ValidationError) << name;
  auto const error = thrown<NotFoundError>([&] { run.download_file("outputs/none", path("x")); });
  EXPECT_THAT(error.available(), ElementsAre("outputs/a.txt", "outputs/deep/b.txt", "outputs/outputs/c.txt",
                                             "outputs2/d.txt", "logs/e.txt"));
}

TEST_F(RunDownload, Stopped_EndsAndSaysSo) {
  std::stop_source stop;
  service.server().on("GET", artifact_blob("outputs/a.txt"), [&](MockRequest const&) {
    stop.request_stop();
    return MockReply{.hold = true};
  });
  auto const error =
      thrown<StoppedError>([&] { run.download_files({.output_directory = path("down")}, {.stop = stop.get_token()}); });
  EXPECT_FALSE(error.timed_out());
  EXPECT_FALSE(std::filesystem::exists(path("down/outputs/a.txt")));
  service.server().release();
}

}  // namespace
}  // namespace azureml::test
