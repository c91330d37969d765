#include "transfer/transfer.hpp"
#include "unit/snapshot/temporary_folder.hpp"
#include "unit/transfer/blob_pipeline.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <iterator>

namespace azureml::transfer {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct Download : ::testing::Test {
  test::TemporaryFolder folder{};
  test::BlobPipeline blobs{};
  test::BlobServer& server = *blobs.server;
  std::filesystem::path target = folder.path() / "deep/er/model.bin";

  void download(Context const& context = {}) {
    download_to_file(blobs.pipeline, test::BlobServer::url("model.bin"), target, context);
  }
  template <class Error>
  Error failure() {
    try {
      download();
    } catch (Error const& error) {
      return error;
    }
    throw std::runtime_error("there was no such error");
  }
  static std::string content(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// The names in the target's folder: nothing temporary may stay.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    if (!std::filesystem::exists(target.parent_path())) return found;
    for (auto const& entry : std::filesystem::directory_iterator(target.parent_path()))
      found.push_back(entry.path().filename());
    return found;
  }
};

TEST_F(Download, Blob_IsWrittenWithItsFolders) {
  server.put("model.bin", std::string(5000, 'x') + std::string("\0\xFF", 2));
  download();
  EXPECT_EQ(content(target), std::string(5000, 'x') + std::string("\0\xFF", 2));
  EXPECT_THAT(names(), SizeIs(1));
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(server.requests()[0].auth, http::AuthKind::none);
  EXPECT_EQ(server.requests()[0].url, test::BlobServer::url("model.bin"));
}

TEST_F(Download, NewFile_HasTheModeOfTheProcess) {
  server.put("model.bin", "1");
  auto const before = ::umask(027);
  download();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(target.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST_F(Download, FileThere_IsReplaced) {
  folder.write("deep/er/model.bin", "old and longer");
  server.put("model.bin", "new");
  download();
  EXPECT_EQ(content(target), "new");
}

TEST_F(Download, EmptyBlob_IsAnEmptyFile) {
  server.put("model.bin", "");
  download();
  EXPECT_TRUE(std::filesystem::exists(target));
  EXPECT_EQ(content(target), "");
}

TEST_F(Download, EmptyBlobAnsweredWith416_IsAnEmptyFile) {
  server.before([](auto const&) -> std::optional<http::Response> {
    auto response = test::blob_error(416, "InvalidRange");
    response.headers["Content-Range"] = "bytes */0";
    return response;
  });
  download();
  EXPECT_TRUE(std::filesystem::exists(target));
  EXPECT_EQ(content(target), "");
}

TEST_F(Download, BodyTorn_BeginsAgainAndNothingIsDoubled) {
  std::string const text = std::string(3000, 'a') + std::string(3000, 'b');
  server.put("model.bin", text);
  server.cut_next_body_after(4500);
  download();
  EXPECT_EQ(content(target), text);
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(Download, ShorterSecondAnswer_LeavesNothingOfTheFirst) {
  server.put("model.bin", std::string(3000, 'a'));
  server.cut_next_body_after(2500);
  server.before([this, first = true](auto const&) mutable -> std::optional<http::Response> {
    if (!std::exchange(first, false)) server.put("model.bin", "short");
    return std::nullopt;
  });
  download();
  EXPECT_EQ(content(target), "short");
}

TEST_F(Download, AlwaysTorn_IsATransportErrorAndTheOldFileStays) {
  folder.write("deep/er/model.bin", "old");
  server.put("model.bin", std::string(3000, 'a'));
  for (int i = 0; i < 10; ++i) server.cut_next_body_after(1000);
  EXPECT_TRUE(failure<TransportError>().retryable());
  EXPECT_EQ(content(target), "old");
  EXPECT_THAT(names(), SizeIs(1));
}

TEST_F(Download, WrongMd5Once_IsFetchedAgain) {
  server.put("model.bin", "right");
  server.change_get = [first = true](http::Response& response) mutable {
    if (std::exchange(first, false)) response.body = "wrong";
  };
  download();
  EXPECT_EQ(content(target), "right");
}

TEST_F(Download, WrongMd5Always_IsAnErrorAndNothingIsLeft) {
  server.put("model.bin", "right");
  server.change_get = [](http::Response& response) { response.body = "wrong"; };
  EXPECT_THAT(failure<TransportError>().what(), AllOf(HasSubstr("MD5"), HasSubstr("model.bin")));
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(Download, Md5OfTheWholeBlobHeader_IsCheckedToo) {
  server.put("model.bin", "right");
  server.change_get = [](http::Response& response) {
    response.headers["x-ms-blob-content-md5"] = response.headers["Content-MD5"];
    response.headers.erase("Content-MD5");
    response.body = "wrong";
  };
  EXPECT_THROW(download(), TransportError);
}

TEST_F(Download, Md5ThatIsNone_IsNotHeldAgainstTheBytes) {
  server.put("model.bin", "right");
  server.change_get = [](http::Response& response) { response.headers["Content-MD5"] = "not base64!"; };
  download();
  EXPECT_EQ(content(target), "right");
}

TEST_F(Download, WrongLength_IsAnError) {
  server.put("model.bin", "right");
  server.change_get = [](http::Response& response) {
    response.headers.erase("Content-MD5");
    response.headers["Content-Length"] = "6";
  };
  EXPECT_THAT(failure<TransportError>().what(), HasSubstr("5 bytes came instead of 6"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, NotThere_IsNotFoundWithoutSignature) {
  auto const error = failure<NotFoundError>();
  EXPECT_EQ(error.status(), 404);
  EXPECT_EQ(error.code(), "BlobNotFound");
  EXPECT_THAT(error.what(), Not(HasSubstr("s%2fecret")));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, ErrorThatIsNoXml_StillTellsItsStatus) {
  server.before([](auto const&) -> std::optional<http::Response> {
    return http::Response{.status = 418, .headers = {}, .body = "<html>teapot"};
  });
  auto const error = failure<ServiceError>();
  EXPECT_EQ(error.status(), 418);
  EXPECT_EQ(error.code(), "");
  EXPECT_EQ(error.body(), "<html>teapot");
}

TEST_F(Download, TargetIsAFolderOrBehindAFile_IsAFileError) {
  server.put("model.bin", "1");
  target = folder.folder("there");
  EXPECT_THAT(failure<FileError>().what(), HasSubstr("there"));
  target = folder.write("file") / "model.bin";
  EXPECT_THAT(failure<FileError>().what(), HasSubstr("model.bin"));
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST_F(Download, WriteFails_IsAFileErrorAndNothingIsLeft) {
  server.put("model.bin", std::string(100'000, 'x'));
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto const handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit const small{.rlim_cur = 50'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message;
  try {
    download();
  } catch (FileError const& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, AllOf(HasSubstr("cannot write '" + target.string()), HasSubstr("File too large")));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Download, Stopped_ThrowsAndLeavesNothing) {
  server.put("model.bin", "1");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(download({.stop = stop.get_token()}), StoppedError);
  EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace azureml::transfer
