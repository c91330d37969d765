// The transfer engine against every server of blobs there is: this project's engine and Microsoft's own emulator.
#include "integration/engine_fixture.hpp"

#include "api/states.hpp"
#include "base/digest.hpp"
#include "base/uuid.hpp"
#include "rest/rest.hpp"
#include "support/azurite.hpp"
#include "support/cutting_proxy.hpp"
#include "support/read_file.hpp"
#include "transfer/downloads.hpp"
#include "transfer/uploads.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <thread>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;
using Direction = CuttingProxy::Direction;
using testing::UnorderedElementsAreArray;

/// Somewhere containers come from. One for the whole program: starting it is what costs.
struct BlobService {
  virtual ~BlobService() = default;
  /// A new container's signed address.
  virtual std::string new_container() = 0;
  /// The same, with a signature that has ended; empty when the service cannot make one.
  virtual std::string ended(std::string const& address) = 0;
  virtual int port() = 0;
};

http::Pipeline make_pipeline() {
  http::PipelineOptions options;
  options.transport = http::make_cpprest_transport(std::chrono::seconds(30));
  options.retry.attempts_max = 1;  // an interruption must show
  return http::Pipeline(options);
}

class EngineService final : public BlobService {
 public:
  EngineService() : workspace_(Workspace::local({.home = make_home(), .engine_program = AZUREML_PROGRAM})) {}
  ~EngineService() override { end_processes_of(directory_.path()); }
  std::string new_container() override {
    return rest::start_pending_upload(state().connection, base::new_uuid(), "1", {}).sas_uri;
  }
  std::string ended(std::string const& address) override {
    // The engine signs for a time of its own choice; a signature it never made is refused in the same words.
    auto spoilt = address;
    auto const at = spoilt.find("sig=");
    spoilt[at + 4] = spoilt[at + 4] == 'A' ? 'B' : 'A';
    return spoilt;
  }
  int port() override {
    auto const& endpoint = state().connection.resource_manager;
    return std::atoi(endpoint.c_str() + endpoint.rfind(':') + 1);
  }

 private:
  /// Requests come by way of proxies, whose ports differ from the engine's.
  fs::path make_home() const {
    auto const home = directory_.write("home/config.json", R"({"allow_hosts": ["127.0.0.1"]})").parent_path();
    fs::permissions(home, fs::perms::owner_all);
    return home;
  }
  api::WorkspaceState const& state() { return detail::Access::state(workspace_); }
  TemporaryDirectory directory_{};
  Workspace workspace_;
};

class AzuriteService final : public BlobService {
 public:
  std::string new_container() override { return azurite_.make_container(pipeline_, "c" + base::new_uuid()); }
  std::string ended(std::string const& address) override {
    auto const path = address.substr(0, address.find('?'));
    return azurite_.container_address(path.substr(path.rfind('/') + 1), std::chrono::minutes(-5));
  }
  int port() override { return azurite_.port(); }

 private:
  Azurite azurite_{};
  http::Pipeline pipeline_ = make_pipeline();
};

enum class Kind { engine, azurite };
std::string name_of(testing::TestParamInfo<Kind> const& info) { return info.param == Kind::engine ? "Engine" : "Azurite"; }

std::map<Kind, std::unique_ptr<BlobService>>& services() {
  static std::map<Kind, std::unique_ptr<BlobService>> all;
  return all;
}

class EndServices final : public testing::Environment {
 public:
  void TearDown() override { services().clear(); }
};
auto* const kEnd = testing::AddGlobalTestEnvironment(new EndServices);

int scaled(int by_default) {
  char const* const wanted = std::getenv("AZUREML_TEST_INTERRUPTIONS");
  return wanted ? std::atoi(wanted) : by_default;
}

std::string random_content(std::mt19937_64& random, std::size_t size) {
  std::string content(size, '\0');
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    auto const word = random();
    std::copy_n(reinterpret_cast<char const*>(&word), 8, content.data() + at);
  }
  for (; at < size; ++at) content[at] = static_cast<char>(random());
  return content;
}

class TransferSuite : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::azurite && Azurite::program().empty()) {
      if (std::getenv("CI")) FAIL() << "the storage emulator is not installed: scripts/setup --tests";
      GTEST_SKIP() << "the storage emulator is not installed: scripts/setup --tests";
    }
    auto& service = services()[GetParam()];
    if (!service) {
      if (GetParam() == Kind::engine)
        service = std::make_unique<EngineService>();
      else
        service = std::make_unique<AzuriteService>();
    }
    service_ = service.get();
    container_ = service_->new_container();
    fs::create_directories(source());
  }

  [[nodiscard]] fs::path source() const { return directory_.path() / "source"; }
  [[nodiscard]] fs::path target() const { return directory_.path() / "target"; }

  /// Uploads what is in `source`.
  TransferReport upload(std::string const& address, transfer::UploadOptions const& options = {}, Context const& context = {}) {
    std::vector<std::string> names;
    std::uint64_t bytes = 0;
    for (auto const& entry : fs::recursive_directory_iterator(source())) {
      if (!entry.is_regular_file()) continue;
      names.push_back(entry.path().lexically_relative(source()).string());
      bytes += entry.file_size();
    }
    std::sort(names.begin(), names.end());
    transfer::ContainerAddresses addresses(address);
    transfer::UploadSet const set{.count = names.size(), .bytes = bytes, .item = [&](std::size_t i) {
                                    auto const file = source() / names[i];
                                    return transfer::UploadItem{.blob = names[i], .file = file, .size = fs::file_size(file)};
                                  }};
    return transfer::upload_files(pipeline_, addresses, set, options, context);
  }

  std::vector<transfer::BlobInfo> list(std::string const& address, std::string const& prefix = {}) {
    std::vector<transfer::BlobInfo> found;
    transfer::ContainerAddresses addresses(address);
    transfer::list_blobs(pipeline_, addresses, prefix, [&](transfer::BlobInfo&& blob) {
      found.push_back(std::move(blob));
      return true;
    }, {});
    return found;
  }

  TransferReport download(std::string const& address, transfer::DownloadOptions const& options = {}, Context const& context = {}) {
    auto const blobs = list(container_);
    transfer::ContainerAddresses addresses(address);
    std::size_t next = 0;
    return transfer::download_files(pipeline_, addresses, target(), [&]() -> std::optional<transfer::DownloadItem> {
      if (next == blobs.size()) return std::nullopt;
      auto const& blob = blobs[next++];
      return transfer::DownloadItem{.blob = blob.name, .target = blob.name, .size = blob.size, .md5 = blob.md5, .etag = blob.etag};
    }, options, context);
  }

  static std::map<std::string, std::string> tree(fs::path const& root) {
    std::map<std::string, std::string> files;
    if (!fs::exists(root)) return files;
    for (auto const& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      files[entry.path().lexically_relative(root).string()] = base::sha256_hex(read_file(entry.path()));
    }
    return files;
  }

  void write(std::string const& name, std::string_view content) { directory_.write("source/" + name, content); }

  TemporaryDirectory directory_{};
  BlobService* service_ = nullptr;
  std::string container_{};
  http::Pipeline pipeline_ = make_pipeline();
  std::mt19937_64 random_{20261124};
};

TEST_P(TransferSuite, FilesOfEverySizeAndName_GoUpAndComeDown) {
  std::size_t number = 0;
  for (std::size_t const size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, (std::size_t{4} << 20) - 1, std::size_t{4} << 20,
                                 (std::size_t{8} << 20) + 1, std::size_t{20} << 20})
    write("sizes/" + std::to_string(number++), random_content(random_, size));
  for (auto const* const name : {"a b", "per%cent%20", "plus+", "hash#", "question?", "amp&=", "quote'\"", "\xC3\xA9t\xC3\xA9", "\xE6\x97\xA5/\xE6\x9C\xAC", "semi;colon"})
    write(std::string("names/") + name, name);

  auto const up = upload(container_);
  EXPECT_EQ(up.files, 17U);
  auto const there = list(container_);
  EXPECT_EQ(there.size(), 17U);
  for (auto const& blob : there) EXPECT_TRUE(blob.size == 0 || blob.md5.size() == 16) << blob.name;
  auto const down = download(container_);
  EXPECT_EQ(down.files, 17U);
  EXPECT_EQ(down.bytes, up.bytes);
  EXPECT_EQ(tree(target()), tree(source()));
}

TEST_P(TransferSuite, SameAgain_MovesNothing) {
  write("large", random_content(random_, 12 << 20));
  write("small", "small");
  upload(container_);
  auto const again = upload(container_);
  EXPECT_EQ(again.files, 0U);
  EXPECT_EQ(again.skipped, 2U);
  download(container_);
  auto const down = download(container_);
  EXPECT_EQ(down.files, 0U);
  EXPECT_EQ(down.skipped, 2U);
}

TEST_P(TransferSuite, BlobOfAnotherContent_IsRefusedSkippedOrReplaced) {
  write("a", "first");
  upload(container_);
  write("a", "second");
  EXPECT_THROW(upload(container_), ServiceError);
  EXPECT_EQ(upload(container_, {.existing = transfer::Existing::skip}).skipped, 1U);
  download(container_);
  EXPECT_EQ(tree(target()).at("a"), base::sha256_hex("first"));
  EXPECT_EQ(upload(container_, {.existing = transfer::Existing::replace}).files, 1U);
  download(container_);
  EXPECT_EQ(tree(target()).at("a"), base::sha256_hex("second"));
}

TEST_P(TransferSuite, EndedSignature_IsRenewedAndTheTransferGoesOn) {
  write("a", "content");
  write("large", random_content(random_, 12 << 20));
  upload(container_);
  int renewals = 0;
  transfer::ContainerAddresses addresses(service_->ended(container_), [&](Context const&) {
    ++renewals;
    return container_;
  });
  auto const blobs = list(container_);
  std::size_t next = 0;
  transfer::download_files(pipeline_, addresses, target(), [&]() -> std::optional<transfer::DownloadItem> {
    if (next == blobs.size()) return std::nullopt;
    auto const& blob = blobs[next++];
    return transfer::DownloadItem{.blob = blob.name, .target = blob.name, .size = blob.size};
  }, {}, {});
  EXPECT_EQ(renewals, 1);
  EXPECT_EQ(tree(target()), tree(source()));

  transfer::ContainerAddresses without(service_->ended(container_));
  EXPECT_THROW(transfer::download_file(pipeline_, without, "a", target() / "b", {}, {}), ServiceError);
  EXPECT_FALSE(fs::exists(target() / "b"));
}

TEST_P(TransferSuite, UploadsCutAtRandomBytes_SendAgainWhatWasOnItsWayAndNoMore) {
  // One lost connection costs the block it carried; a lost network all that was on its way.
  transfer::UploadLimits const limits;
  std::uint64_t const kSize = 20 << 20, kHeads = 64 << 10;
  for (int i = 0; i < scaled(6); ++i) {
    SCOPED_TRACE(i);
    auto const extent = i % 3 == 2 ? CuttingProxy::Extent::all : CuttingProxy::Extent::one;
    auto const lost = limits.block * (extent == CuttingProxy::Extent::all ? limits.buffers : 1);
    auto const name = "file" + std::to_string(i);
    fs::remove_all(source());
    write(name, random_content(random_, kSize));
    CuttingProxy proxy(service_->port());
    auto const address = proxy.through(container_);
    proxy.cut(Direction::up, random_() % kSize, extent);
    try {
      upload(address);  // got over, when it met a connection that had been in use before
    } catch (TransportError const&) {
      EXPECT_THAT(list(container_, name), testing::IsEmpty()) << "half a file is visible";
      auto const report = upload(address);
      EXPECT_EQ(report.bytes + report.resumed_bytes, kSize);
    }
    EXPECT_EQ(proxy.cuts(), 1);
    EXPECT_LE(proxy.passed(Direction::up), kSize + lost + kHeads);
    fs::remove_all(target());
    transfer::ContainerAddresses addresses(container_);
    transfer::download_file(pipeline_, addresses, name, target() / name, {}, {});
    ASSERT_EQ(tree(target()), tree(source()));
  }
}

TEST_P(TransferSuite, DownloadsCutAtRandomBytes_FetchAgainWhatWasOnItsWayAndNoMore) {
  constexpr std::uint64_t kSize = 20 << 20, kHeads = 64 << 10;
  write("file", random_content(random_, kSize));
  upload(container_);
  for (int i = 0; i < scaled(6); ++i) {
    SCOPED_TRACE(i);
    // What sockets held is lost: of one connection at most its block, of all six some two MiB each when this process is slow.
    auto const extent = i % 3 == 2 ? CuttingProxy::Extent::all : CuttingProxy::Extent::one;
    std::uint64_t const lost = extent == CuttingProxy::Extent::all ? 12 << 20 : 8 << 20;
    fs::remove_all(target());
    CuttingProxy proxy(service_->port());
    transfer::ContainerAddresses addresses(proxy.through(container_));
    auto const get = [&] { return transfer::download_file(pipeline_, addresses, "file", target() / "file", {}, {}); };
    proxy.cut(Direction::down, random_() % kSize, extent);
    bool interrupted = false;
    TransferReport report;
    try {
      report = get();
    } catch (TransportError const&) {
      interrupted = true;
      EXPECT_FALSE(fs::exists(target() / "file")) << "half a file is visible";
    }
    EXPECT_EQ(proxy.cuts(), 1);
    if (interrupted) report = get();
    EXPECT_LE(proxy.passed(Direction::down), kSize + lost + kHeads);
    ASSERT_EQ(tree(target()), tree(source())) << "and nothing is left beside it";
  }
}

TEST_P(TransferSuite, FlippedBytes_AreDetectedInBothDirections) {
  constexpr std::uint64_t kSize = 300 << 10;
  for (int i = 0; i < scaled(12); ++i) {
    SCOPED_TRACE(i);
    auto const name = "file" + std::to_string(i);
    fs::remove_all(source());
    fs::remove_all(target());
    write(name, random_content(random_, kSize));
    CuttingProxy proxy(service_->port());
    transfer::ContainerAddresses addresses(proxy.through(container_));
    // Beyond the head of the request, which comes first and alone is not summed.
    proxy.flip(Direction::up, (4 << 10) + random_() % (kSize - (8 << 10)));
    try {
      upload(proxy.through(container_));
    } catch (Error const&) {
      upload(container_);
    }
    transfer::download_file(pipeline_, addresses, name, target() / "up", {}, {});
    ASSERT_EQ(tree(target()).at("up"), tree(source()).at(name));
    proxy.flip(Direction::down, (4 << 10) + random_() % (kSize - (8 << 10)));
    try {
      transfer::download_file(pipeline_, addresses, name, target() / "down", {}, {});
    } catch (TransportError const&) {
      ASSERT_FALSE(fs::exists(target() / "down"));
      continue;
    }
    ASSERT_EQ(tree(target()).at("down"), tree(source()).at(name));
  }
}

TEST_P(TransferSuite, Stop_EndsTheTransferAndLeavesNothingHalf) {
  write("file", random_content(random_, 40 << 20));
  for (auto const direction : {Direction::up, Direction::down}) {
    std::stop_source stop;
    auto const stops = [&](TransferProgress const& progress) {
      if (progress.bytes_done > 0) stop.request_stop();
    };
    try {
      if (direction == Direction::up)
        upload(container_, {.on_progress = stops}, {.stop = stop.get_token(), .timeout = {}});
      else
        download(container_, {.on_progress = stops}, {.stop = stop.get_token(), .timeout = {}});
      // So fast that it was over before it was asked to stop: that is no failure.
    } catch (StoppedError const&) {
      // A request that was answered before it heard of the stop has had its effect.
      for (auto const& blob : list(container_)) EXPECT_EQ(blob.size, 40U << 20);
      if (fs::exists(target() / "file")) {
        EXPECT_EQ(fs::file_size(target() / "file"), 40U << 20);
      }
    }
    if (direction == Direction::up) upload(container_);
  }
  download(container_);
  EXPECT_EQ(tree(target()), tree(source()));
}

TEST_P(TransferSuite, ManySmallFiles_ArriveAll) {
  for (int i = 0; i < 300; ++i) write("d" + std::to_string(i % 7) + "/f" + std::to_string(i), random_content(random_, static_cast<std::size_t>(i)));
  upload(container_);
  EXPECT_EQ(list(container_, "d3/").size(), 43U);
  download(container_);
  EXPECT_EQ(tree(target()), tree(source()));
}

INSTANTIATE_TEST_SUITE_P(Servers, TransferSuite, testing::Values(Kind::engine, Kind::azurite), name_of);

}  // namespace
}  // namespace azureml::test
