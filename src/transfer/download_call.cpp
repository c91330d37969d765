#include "transfer/download_call.hpp"

#include "http/retry_after.hpp"
#include "transfer/blob.hpp"

#include <algorithm>
#include <random>

namespace azureml::transfer {

namespace {

constexpr int kFailuresMax = 5;  ///< Without a byte in between.
constexpr int kAllMax = 1000;    ///< Of one range.
constexpr std::size_t kPathsMax = 10'000;
constexpr std::chrono::milliseconds kFirst{400}, kLongest{30'000}, kAskedMax{300'000};

}  // namespace

void DownloadCall::add_path(std::filesystem::path path) {
  std::lock_guard const lock(mutex);
  if (paths.size() < kPathsMax) paths.push_back(std::move(path));
}

bool DownloadPatience::is_over() {
  return ++failures_ >= kFailuresMax || ++all_ >= kAllMax;
}

void DownloadPatience::wait(std::optional<std::chrono::milliseconds> asked) {
  if (asked) return deadline_.wait(std::min(*asked, kAskedMax), "waiting to download again");
  thread_local std::minstd_rand generator{std::random_device{}()};
  auto const ceiling = std::min(kLongest, kFirst * (1 << std::min(failures_, 10)));
  std::uniform_int_distribution<long> choice(0, static_cast<long>(ceiling.count()));
  deadline_.wait(std::chrono::milliseconds(choice(generator)), "waiting to download again");
}

void DownloadPatience::after(http::Response const& response, std::string const& what) {
  if (is_over()) throw_blob_error(response, what);
  wait(http::retry_after(response.headers, call_.pipeline.clock().now()));
}

void DownloadPatience::after_lost() {
  if (is_over()) throw;
  wait({});
}

}  // namespace azureml::transfer
