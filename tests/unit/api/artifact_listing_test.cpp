#include "api/artifact_listing.hpp"
#include "support/fake_connection.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace azureml::api {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct Listing : testing::Test {
  test::FakeConnection fake;
  RunArtifacts run{.workspace = std::make_shared<WorkspaceState const>(WorkspaceState{.connection = fake.connection}),
                   .api = "https://api",
                   .run_id = "r"};
  ReadableArtifacts addresses{run};
  http::Deadline deadline{{}, *fake.clock};

  void page(int first, int last, std::string const& next, std::string const& more = {}) {
    std::string items;
    for (int i = first; i < last; ++i) {
      auto const number = std::to_string(i);
      items += (items.empty() ? "" : ",") +
               (R"({"path":"outputs/)" + number + R"(","contentUri":"https://b/)" + number + R"(?sig=1"})");
    }
    if (!more.empty())
      items += (items.empty() ? "" : ",") + (R"({"path":")" + more + R"(","contentUri":"https://b/x?sig=1"})");
    fake.transport->reply(
        200, R"({"value":[)" + items + R"(],"continuationToken":)" + (next.empty() ? "null" : '"' + next + '"') + "}",
        {{"Content-Type", "application/json"}});
  }
};

TEST(FolderPrefix, Spellings_MeanOneFolder) {
  for (auto const* spelling : {"outputs", "outputs/", "./outputs", ".\\outputs\\", "/outputs", "././outputs"})
    EXPECT_EQ(folder_prefix(spelling), "outputs/") << spelling;
  for (auto const* all : {"", ".", "/", "./", "//"}) EXPECT_EQ(folder_prefix(all), "") << all;
  EXPECT_EQ(folder_prefix("a\\b/c"), "a/b/c/");
  EXPECT_EQ(folder_prefix(".hidden"), ".hidden/");
}

TEST_F(Listing, FewFiles_AreAllSeenFirst) {
  page(0, 3, "t1");
  page(3, 3, "t2");  // an empty page is not the end
  page(3, 5, "");
  ArtifactListing listing(run, {.prefix = "outputs/", .keep_prefix = false}, addresses, deadline);
  listing.look_ahead();
  EXPECT_EQ(listing.total(), 5U);
  for (int i = 0; i < 5; ++i) {
    auto const item = listing.next();
    ASSERT_TRUE(item);
    EXPECT_EQ(item->blob, "outputs/" + std::to_string(i));
    EXPECT_EQ(item->target, std::to_string(i));
    EXPECT_EQ(addresses.blob(item->blob, "", {}), "https://b/" + std::to_string(i) + "?sig=1");
  }
  EXPECT_FALSE(listing.next());
  EXPECT_THAT(fake.transport->requests(), SizeIs(3));
}

TEST_F(Listing, MoreThanCanBeSeenFirst_AreCheckedPageByPage) {
  page(0, 6000, "t1");
  page(6000, 12000, "t2");
  page(12000, 12001, "t3", "outputs/../../evil");
  ArtifactListing listing(run, {.prefix = "outputs/"}, addresses, deadline);
  listing.look_ahead();
  EXPECT_EQ(listing.total(), 0U);
  EXPECT_THAT(fake.transport->requests(), SizeIs(2));
  for (int i = 0; i < 12000; ++i) ASSERT_TRUE(listing.next());
  EXPECT_THROW(listing.next(), ValidationError);
}

TEST_F(Listing, EndOfAPageThatComesAgain_IsOneFile) {
  page(0, 3, "t1");
  page(2, 4, "");
  ArtifactListing listing(run, {}, addresses, deadline);
  listing.look_ahead();
  EXPECT_EQ(listing.total(), 4U);
}

TEST_F(Listing, BadNameAhead_GivesNoFileAtAll) {
  page(0, 10, "t1");
  page(10, 20, "", "outputs/nul");
  ArtifactListing listing(run, {}, addresses, deadline);
  try {
    listing.look_ahead();
    FAIL();
  } catch (ValidationError const& error) {
    ASSERT_THAT(error.faults(), SizeIs(1));
    EXPECT_EQ(error.faults()[0].field, "'outputs/nul'");
    EXPECT_THAT(error.what(), HasSubstr("nothing was downloaded"));
  }
}

TEST_F(Listing, AddressRefused_IsAskedForOnceByAllThatWait) {
  addresses.know({{.path = "a", .uri = "https://b/a?sig=1"}});
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false, released = false;
  fake.transport->reply([&](test::SentRequest const&) {
    std::unique_lock lock(mutex);
    asked = true;
    changed.notify_all();
    changed.wait(lock, [&] { return released; });
    return http::Response{.status = 200, .body = R"({"contentUri":"https://b/a?sig=2"})"};
  });
  std::vector<std::string> got(4);
  {
    std::vector<std::jthread> threads;
    for (auto& one : got) threads.emplace_back([&] { one = addresses.blob("a", "https://b/a?sig=1", {}); });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked; });
    released = true;
    changed.notify_all();
  }
  for (auto const& one : got) EXPECT_EQ(one, "https://b/a?sig=2");
  EXPECT_THAT(fake.transport->requests(), SizeIs(1));
  // One that was refused with an older address gets the new one without a question.
  EXPECT_EQ(addresses.blob("a", "https://b/a?sig=0", {}), "https://b/a?sig=2");
  EXPECT_THAT(fake.transport->requests(), SizeIs(1));
}

TEST_F(Listing, SameAddressAgain_IsGivenAndNotAskedForForEver) {
  addresses.know({{.path = "a", .uri = "https://b/a?sig=1"}});
  fake.transport->reply(200, R"({"contentUri":"https://b/a?sig=1"})");
  EXPECT_EQ(addresses.blob("a", "https://b/a?sig=1", {}), "https://b/a?sig=1");
}

TEST_F(Listing, FailedQuestion_IsAskedAgainByTheNext) {
  fake.transport->reply(400, R"({"error":{"code":"UserError","message":"no"}})");
  EXPECT_THROW(addresses.blob("a", "", {}), ServiceError);
  fake.transport->reply(200, R"({"contentUri":"https://b/a?sig=1"})");
  EXPECT_EQ(addresses.blob("a", "", {}), "https://b/a?sig=1");
}

TEST_F(Listing, ForgottenAddresses_AreAskedForAgain) {
  std::vector<rest::ArtifactAddress> many{{.path = "first", .uri = "https://b/first?sig=1"}};
  for (int i = 0; i < 20'000; ++i) many.push_back({.path = std::to_string(i), .uri = "https://b/x?sig=1"});
  addresses.know(many);
  EXPECT_EQ(addresses.blob("19999", "", {}), "https://b/x?sig=1");
  EXPECT_THAT(fake.transport->requests(), SizeIs(0));
  fake.transport->reply(200, R"({"contentUri":"https://b/first?sig=2"})");
  EXPECT_EQ(addresses.blob("first", "", {}), "https://b/first?sig=2");
}

}  // namespace
}  // namespace azureml::api
