#include "base/digest.hpp"
#include "unit/transfer/download_fixture.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

namespace azureml::transfer {
namespace {

using test::noise;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Server = test::DownloadServer;

struct Download : test::DownloadTest {};

TEST_F(Download, SmallBlob_IsOneRequest) {
  auto const text = noise(5000);
  server.put("a/model.bin", {.content = text});
  auto const report = file("a/model.bin");
  EXPECT_EQ(content(root / "model.bin"), text);
  EXPECT_THAT(names(), ElementsAre("model.bin"));
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(report.bytes, 5000U);
  EXPECT_EQ(report.skipped, 0U);
  EXPECT_THAT(report.paths, ElementsAre(root / "model.bin"));
}

TEST_F(Download, LargeBlob_IsAskedForInRangesOfOneContent) {
  auto const text = noise(50'000'001);
  server.put("model.bin", {.content = text});
  auto const report = file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == text);
  EXPECT_THAT(names(), ElementsAre("model.bin"));
  EXPECT_EQ(report.bytes, text.size());
  auto const requests = server.requests();
  ASSERT_GT(requests.size(), 5U);
  EXPECT_EQ(requests[0].range, "bytes=0-4194303");
  EXPECT_EQ(requests[0].if_match, "");
  for (std::size_t i = 1; i < requests.size(); ++i) EXPECT_EQ(requests[i].if_match, "\"0x8D1\"");
}

TEST_F(Download, LargeBlobWithoutMd5_IsCheckedRangeByRange) {
  auto const text = noise(20'000'001);
  server.put("model.bin", {.content = text, .tells_md5 = false});
  file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == text);
  EXPECT_THAT(server.requests(), Each(Field(&Server::Sent::asked_md5, true)));
}

TEST_F(Download, EmptyBlob_IsAnEmptyFile) {
  server.put("model.bin", {});
  EXPECT_EQ(file("model.bin").files, 1U);
  EXPECT_EQ(std::filesystem::file_size(root / "model.bin"), 0U);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(Download, EmptyBlobsRefusedWithoutAReason_IsAskedForWhole) {
  server.put("model.bin", {});
  server.on_answer([](Server::Sent const& sent, http::Response& answer) {
    if (!sent.range.empty()) answer.headers.erase("Content-Range");
    return Server::Fate{};
  });
  file("model.bin");
  EXPECT_EQ(std::filesystem::file_size(root / "model.bin"), 0U);
}

TEST_F(Download, NewFile_HasTheModeOfTheProcess) {
  server.put("model.bin", {.content = "1"});
  auto const before = ::umask(027);
  file("model.bin");
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat((root / "model.bin").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(Download, FileThere_IsReplacedOrLeftAlone) {
  directory.write("out/model.bin", "old and longer");
  server.put("model.bin", {.content = "new"});
  options.overwrite = false;
  auto report = file("model.bin");
  EXPECT_EQ(content(root / "model.bin"), "old and longer");
  EXPECT_EQ(report.files, 0U);
  EXPECT_EQ(report.skipped, 1U);
  EXPECT_THAT(server.requests(), IsEmpty());
  options.overwrite = true;
  report = file("model.bin");
  EXPECT_EQ(content(root / "model.bin"), "new");
  EXPECT_EQ(report.files, 1U);
}

TEST_F(Download, FileThatAppearsMeanwhile_IsLeftAloneWithoutOverwrite) {
  server.put("model.bin", {.content = "new"});
  options.overwrite = false;
  server.on_answer([this](auto const&, auto&) {
    directory.write("out/model.bin", "somebody's");
    return Server::Fate{};
  });
  EXPECT_EQ(file("model.bin").skipped, 1U);
  EXPECT_EQ(content(root / "model.bin"), "somebody's");
  EXPECT_THAT(names(), ElementsAre("model.bin"));
}

TEST_F(Download, BodyTorn_GoesOnFromTheByteReached) {
  auto const text = noise(3'000'000);
  server.put("model.bin", {.content = text});
  server.on_answer([first = true](auto const&, auto&) mutable {
    return std::exchange(first, false) ? Server::Fate{.cut_after = 1'234'567} : Server::Fate{};
  });
  auto const report = file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == text);
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_EQ(server.requests()[1].range, "bytes=1234567-2999999");
  EXPECT_EQ(server.requests()[1].if_match, "\"0x8D1\"");
  EXPECT_EQ(report.bytes, text.size());
}

TEST_F(Download, TornWithoutMd5_IsAskedForFromTheRangesBeginning) {
  auto const text = noise(3'000'000);
  server.put("model.bin", {.content = text, .tells_md5 = false});
  server.on_answer([first = true](auto const&, http::Response& answer) mutable {
    if (!std::exchange(first, false)) return Server::Fate{};
    answer.body[77] ^= 1;  // in what came before the end
    return Server::Fate{.cut_after = 1'234'567};
  });
  file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == text);
}

TEST_F(Download, AlwaysTorn_IsATransportErrorAndTheOldFileStays) {
  directory.write("out/model.bin", "old");
  server.put("model.bin", {.content = noise(3000)});
  server.on_answer([](auto const&, auto&) { return Server::Fate{.cut_after = 0}; });
  EXPECT_THROW(file("model.bin"), TransportError);
  EXPECT_EQ(content(root / "model.bin"), "old");
  EXPECT_THAT(names(), ElementsAre("model.bin"));
  EXPECT_THAT(server.requests(), SizeIs(5));
}

TEST_F(Download, ServerWithoutRanges_IsReadInOnePiece) {
  auto const text = noise(20'000'000);
  server.gives_ranges = false;
  server.put("model.bin", {.content = text});
  file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == text);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(Download, TornFromAServerWithoutRanges_BeginsAgain) {
  auto const text = noise(20'000'000);
  server.gives_ranges = false;
  server.put("model.bin", {.content = text});
  server.on_answer([first = true](auto const&, auto&) mutable {
    return std::exchange(first, false) ? Server::Fate{.cut_after = 9'000'000} : Server::Fate{};
  });
  file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == text);
}

TEST_F(Download, NoEntityTags_StillComesWhole) {
  auto const text = noise(20'000'000);
  server.gives_etags = false;
  for (bool const tells_md5 : {true, false}) {
    server.put("model.bin", {.content = text, .tells_md5 = tells_md5});
    int count = 0;
    server.on_answer(
        [&count](auto const&, auto&) { return ++count == 2 ? Server::Fate{.cut_after = 500'000} : Server::Fate{}; });
    file("model.bin");
    EXPECT_TRUE(content(root / "model.bin") == text);
    EXPECT_THAT(names(), ElementsAre("model.bin"));
  }
}

TEST_F(Download, LengthNotToldButChunked_IsReadToItsEnd) {
  server.gives_ranges = false;
  server.gives_lengths = false;
  server.put("model.bin", {.content = noise(100'000)});
  file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == noise(100'000));
}

TEST_F(Download, ChangedWhileItComes_BeginsAgainOnce) {
  auto const old = noise(30'000'000, 1), fresh = noise(29'000'000, 2);
  server.put("model.bin", {.content = old});
  int count = 0;
  auto const now = [&] {
    return ++count > 3 ? Server::Blob{.content = fresh, .etag = "\"0x8D2\""} : Server::Blob{.content = old};
  };
  server.answer_from("model.bin", now);
  file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == fresh);
}

TEST_F(Download, ChangesAllTheTime_IsAnErrorAndNothingIsMixed) {
  directory.write("out/model.bin", "old");
  server.put("model.bin", {.content = noise(30'000'000)});
  int version = 1;
  server.on_answer([&](Server::Sent const& sent, http::Response& answer) {
    if (sent.if_match.empty()) answer.headers["ETag"] = "\"v" + std::to_string(++version) + "\"";
    return Server::Fate{};
  });
  EXPECT_THAT(message<TransportError>([&] { file("model.bin"); }), HasSubstr("keeps changing"));
  EXPECT_EQ(content(root / "model.bin"), "old");
  EXPECT_THAT(names(), ElementsAre("model.bin"));
}

TEST_F(Download, WrongOnce_IsFetchedAgain_WrongTwice_IsAnError) {
  for (std::size_t const size : {5U, 20'000'000U}) {
    server.put("model.bin", {.content = noise(size)});
    for (bool const always : {false, true}) {
      bool done = false;
      server.on_answer([&](auto const&, http::Response& answer) {
        if (always || !done) answer.body.back() ^= 1;
        done = true;
        return Server::Fate{};
      });
      std::filesystem::remove_all(root);
      if (always) {
        EXPECT_THAT(message<TransportError>([&] { file("model.bin"); }),
                    AllOf(HasSubstr("MD5"), HasSubstr("model.bin")));
        EXPECT_THAT(names(), IsEmpty());
      } else {
        file("model.bin");
        EXPECT_TRUE(content(root / "model.bin") == noise(size));
      }
    }
  }
}

TEST_F(Download, Signature_IsRenewedAndGoesOnAtTheSameByte) {
  auto const text = noise(3'000'000);
  server.put("model.bin", {.content = text});
  ContainerAddresses addresses(std::string(Server::kAddress) + "?sig=old",
                               [](Context const&) { return std::string(Server::kAddress) + "?sig=new"; });
  int count = 0;
  server.on_answer([&](Server::Sent const& sent, auto&) {
    if (++count == 1) return Server::Fate{.cut_after = 1'000'000};
    if (sent.url.find("sig=new") == std::string::npos)
      return Server::Fate{.instead =
                              http::Response{.status = 403, .headers = {{"x-ms-error-code", "AuthenticationFailed"}}}};
    return Server::Fate{};
  });
  download_file(blobs.pipeline, addresses, "model.bin", root / "model.bin", options, {});
  EXPECT_TRUE(content(root / "model.bin") == text);
  auto const requests = server.requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[2].range, "bytes=1000000-2999999");
}

TEST_F(Download, SignatureRefusedForGood_IsTheServicesError) {
  server.put("model.bin", {.content = "1"});
  server.on_answer([](auto const&, auto&) {
    return Server::Fate{.instead =
                            http::Response{.status = 403, .headers = {{"x-ms-error-code", "AuthorizationFailure"}}}};
  });
  auto const text = message<ServiceError>([&] { file("model.bin"); });
  EXPECT_THAT(text, AllOf(HasSubstr("403 AuthorizationFailure"), Not(HasSubstr("ecret"))));
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, NotThere_IsNotFound) {
  EXPECT_THAT(message<NotFoundError>([&] { file("model.bin"); }), HasSubstr("BlobNotFound"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, ErrorThatIsNoXml_StillTellsItsStatus) {
  server.on_answer([](auto const&, auto&) {
    return Server::Fate{.instead = http::Response{.status = 418, .headers = {}, .body = "<html>teapot"}};
  });
  try {
    file("model.bin");
    FAIL() << "there was no error";
  } catch (ServiceError const& error) {
    EXPECT_EQ(error.status(), 418);
    EXPECT_EQ(error.code(), "");
    EXPECT_EQ(error.body(), "<html>teapot");
  }
}

TEST_F(Download, Md5ThatIsNone_IsNotHeldAgainstTheBytes) {
  server.put("model.bin", {.content = "right"});
  server.on_answer([](auto const&, http::Response& answer) {
    answer.headers["Content-MD5"] = answer.headers["x-ms-blob-content-md5"] = "not base64!";
    return Server::Fate{};
  });
  file("model.bin");
  EXPECT_EQ(content(root / "model.bin"), "right");
}

TEST_F(Download, WebPageInsteadOfTheFile_IsRefused) {
  server.on_answer([](auto const&, auto&) {
    return Server::Fate{.instead = http::Response{.status = 200,
                                                  .headers = {{"Content-Type", "text/html; charset=utf-8"}},
                                                  .body = "<html>Sign in"}};
  });
  EXPECT_THAT(message<TransportError>([&] { file("model.bin"); }), HasSubstr("web page"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, Lies_AreErrors) {
  server.put("model.bin", {.content = noise(10'000)});
  std::vector<std::function<void(http::Response&)>> const lies{
      [](auto& a) { a.headers.erase("Content-Range"); },
      [](auto& a) { a.headers["Content-Range"] = "bytes 1-9999/10000"; },
      [](auto& a) { a.headers["Content-Range"] = "bytes 0-9998/10000"; },
      [](auto& a) { a.headers["Content-Range"] = "bytes 0-9999/9999"; },
      [](auto& a) { a.headers["Content-Range"] = "bytes 0-9999/*"; },
      [](auto& a) { a.headers["Content-Length"] = "9999"; },
      [](auto& a) { a.headers["Content-Length"] = "ten thousand"; },
      [](auto& a) { a.body += "x"; },
      [](auto& a) { a.body.pop_back(); },
      [](auto& a) { a.status = 204; },
  };
  for (auto const& lie : lies) {
    server.on_answer([&](auto const&, http::Response& answer) {
      lie(answer);
      return Server::Fate{};
    });
    EXPECT_ANY_THROW(file("model.bin"));
    EXPECT_THAT(names(), IsEmpty());
  }
}

TEST_F(Download, ShorterRangesThanAskedFor_AreTaken) {
  auto const text = noise(10'000'000);
  server.put("model.bin", {.content = text});
  server.on_answer([](auto const&, http::Response& answer) {
    if (answer.status == 206 && answer.body.size() > 300'000) {
      auto& range = answer.headers["Content-Range"];
      auto const first = std::stoull(range.substr(6));
      range = "bytes " + std::to_string(first) + "-" + std::to_string(first + 299'999) + range.substr(range.find('/'));
      answer.body.resize(300'000);
      answer.headers["Content-Length"] = "300000";
      answer.headers.erase("Content-MD5");
    }
    return Server::Fate{};
  });
  file("model.bin");
  EXPECT_TRUE(content(root / "model.bin") == text);
}

TEST_F(Download, Busy_IsAskedAgainAfterTheTimeItSays) {
  server.put("model.bin", {.content = "1"});
  int count = 0;
  server.on_answer([&](auto const&, auto&) {
    if (++count < 3) return Server::Fate{.instead = http::Response{.status = 503, .headers = {{"Retry-After", "7"}}}};
    return Server::Fate{};
  });
  file("model.bin");
  EXPECT_EQ(blobs.clock.slept(), std::chrono::seconds{14});
}

TEST_F(Download, ManyFiles_LieInTheirFolders) {
  std::vector<DownloadItem> items;
  for (int i = 0; i < 300; ++i) {
    auto const name = "d" + std::to_string(i % 7) + "/e/f" + std::to_string(i);
    server.put("x/" + name, {.content = noise(static_cast<std::size_t>(i) * 37, static_cast<unsigned>(i))});
    items.push_back({.blob = "x/" + name, .target = name});
  }
  auto const report = files(items);
  EXPECT_EQ(report.files, 300U);
  EXPECT_THAT(report.paths, SizeIs(300));
  EXPECT_THAT(names(), SizeIs(300));
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ(content(root / items[static_cast<std::size_t>(i)].target),
              noise(static_cast<std::size_t>(i) * 37, static_cast<unsigned>(i)));
  EXPECT_THAT(server.requests(), SizeIs(300));
}

TEST_F(Download, ThousandsOfSmallFiles_Come) {
  constexpr std::size_t kCount = 2'000;
  for (std::size_t i = 0; i < 50; ++i) server.put(std::to_string(i), {.content = std::string(i, 'x')});
  std::size_t at = 0;
  auto const report = download_files(
      blobs.pipeline, blobs.addresses, root,
      [&]() -> std::optional<DownloadItem> {
        if (at == kCount) return std::nullopt;
        auto const number = at++;
        return DownloadItem{.blob = std::to_string(number % 50),
                            .target = std::to_string(number % 200) + "/" + std::to_string(number)};
      },
      options, {});
  EXPECT_EQ(report.files, kCount);
  EXPECT_THAT(report.paths, SizeIs(kCount));
  EXPECT_EQ(report.bytes, kCount / 50 * (49 * 50 / 2));
  EXPECT_THAT(names(), SizeIs(kCount));
  EXPECT_THAT(server.requests(), SizeIs(kCount));
}

TEST_F(Download, SameContentThere_IsNotFetchedAgain) {
  server.put("a", {.content = "equal"});
  auto const md5 = base::Digest::md5().update("equal").finish();
  directory.write("out/a", "equal");
  directory.write("out/b", "other");
  server.put("b", {.content = "equal"});
  auto const report =
      files({{.blob = "a", .target = "a", .size = 5, .md5 = md5}, {.blob = "b", .target = "b", .size = 5, .md5 = md5}});
  EXPECT_EQ(report.skipped, 1U);
  EXPECT_EQ(report.files, 1U);
  EXPECT_EQ(content(root / "b"), "equal");
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(server.requests()[0].name, "b");
  EXPECT_EQ(server.requests()[0].range, "");
}

TEST_F(Download, InterruptedCallsFiles_AreNotFetchedAgainWithoutMd5) {
  server.put("a", {.content = "aaa"});
  server.put("b", {.content = "bbb", .etag = "\"0x8D2\""});
  // The listing fails once both files lie there.
  std::size_t at = 0;
  auto const next = [&]() -> std::optional<DownloadItem> {
    if (at == 2) {
      while (!std::filesystem::exists(root / "a") || !std::filesystem::exists(root / "b")) std::this_thread::yield();
      throw std::runtime_error("the listing is over");
    }
    std::string const name(1, "ab"[at++]);
    return DownloadItem{.blob = name, .target = name};
  };
  EXPECT_THROW(download_files(blobs.pipeline, blobs.addresses, root, next, options, {}), std::runtime_error);
  server.forget_requests();
  auto const report = files({{.blob = "a", .target = "a", .etag = "0x8D1"}, {.blob = "b", .target = "b"}});
  EXPECT_EQ(report.skipped, 2U);
  ASSERT_THAT(server.requests(), SizeIs(1)) << "one's entity tag is known, the other's is asked for";
  EXPECT_EQ(server.requests()[0].if_none_match, "\"0x8D2\"");
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_F(Download, NameFromOutside_IsRefusedBeforeAnything) {
  EXPECT_THAT(message<ValidationError>([&] { files({{.blob = "x", .target = "../x"}}); }), HasSubstr("'..' as a part"));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(Download, TargetIsAFolderOrBehindAFile_IsAFileError) {
  server.put("x", {.content = "1"});
  std::filesystem::create_directories(root / "there");
  directory.write("out/file", "");
  EXPECT_THAT(message<FileError>([&] { files({{.blob = "x", .target = "there"}}); }), HasSubstr("there"));
  EXPECT_THAT(message<FileError>([&] { files({{.blob = "x", .target = "file/x"}}); }), HasSubstr("file"));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(Download, WriteFails_IsAFileErrorAndNothingIsLeft) {
  server.put("model.bin", {.content = noise(100'000)});
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto const handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit const small{.rlim_cur = 50'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string text;
  try {
    file("model.bin");
  } catch (FileError const& error) {
    text = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(text, AllOf(HasSubstr("cannot write '" + (root / "model.bin").string()), HasSubstr("File too large")));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, Stopped_ThrowsAndLeavesNothing) {
  server.put("model.bin", {.content = "1"});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(file("model.bin", {.stop = stop.get_token()}), StoppedError);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, Progress_EndsWithAllOfIt) {
  server.put("model.bin", {.content = noise(20'000'000)});
  TransferProgress last;
  options.on_progress = [&](TransferProgress const& progress) { last = progress; };
  file("model.bin");
  EXPECT_EQ(last.bytes_done, 20'000'000U);
  EXPECT_EQ(last.bytes_total, 20'000'000U);
  EXPECT_EQ(last.files_done, 1U);
}

}  // namespace
}  // namespace azureml::transfer
