// Uploads a folder to a container, or downloads a container to a folder, and prints what it took.
#include "http/pipeline.hpp"
#include "transfer/downloads.hpp"
#include "transfer/uploads.hpp"

#include <azureml/error.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace {

namespace transfer = azureml::transfer;
namespace fs = std::filesystem;

/// A line of /proc/self/status that is in kB, in MiB.
double mib_of_status(std::string const& name) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  return 0;
}

azureml::TransferReport up(azureml::http::Pipeline const& pipeline, transfer::ContainerAddresses& container,
                           fs::path const& folder, unsigned threads) {
  struct Entry {
    std::string name{};
    std::uint64_t size = 0;
  };
  std::vector<Entry> entries;
  transfer::UploadSet set;
  for (auto const& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    entries.push_back({entry.path().lexically_relative(folder).generic_string(), entry.file_size()});
    set.bytes += entries.back().size;
  }
  set.count = entries.size();
  set.item = [&](std::size_t i) {
    return transfer::UploadItem{.blob = entries[i].name, .file = folder / entries[i].name, .size = entries[i].size};
  };
  return transfer::upload_files(pipeline, container, set,
                                {.what = "upload '" + folder.string() + "'", .limits = {.threads = threads}}, {});
}

azureml::TransferReport down(azureml::http::Pipeline const& pipeline, transfer::ContainerAddresses& container,
                             fs::path const& folder, unsigned) {
  std::vector<transfer::BlobInfo> blobs;
  transfer::DownloadOptions options{.what = "download to '" + folder.string() + "'"};
  auto const visit = [&](transfer::BlobInfo&& blob) {
    if (blob.is_folder) return true;
    options.bytes += blob.size;
    blobs.push_back(std::move(blob));
    return true;
  };
  transfer::list_blobs(pipeline, container, {}, visit, {});
  options.files = blobs.size();
  auto const next = [&, at = std::size_t{0}]() mutable -> std::optional<transfer::DownloadItem> {
    if (at == blobs.size()) return {};
    auto const& blob = blobs[at++];
    return transfer::DownloadItem{
        .blob = blob.name, .target = blob.name, .size = blob.size, .md5 = blob.md5, .etag = blob.etag};
  };
  fs::create_directories(folder);
  return transfer::download_files(pipeline, container, folder, next, options, {});
}

int usage() {
  std::cerr << "usage: bench_transfer up|down SAS_URL_OF_CONTAINER FOLDER [THREADS_OF_UP]\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) return usage();
  std::string const mode = argv[1];
  if (mode != "up" && mode != "down") return usage();
  try {
    azureml::http::Pipeline const pipeline{azureml::http::PipelineOptions{}};
    transfer::ContainerAddresses container(argv[2]);
    auto const threads = argc == 5 ? static_cast<unsigned>(std::stoul(argv[4])) : 0;
    auto const before = mib_of_status("VmRSS");
    auto const begin = std::chrono::steady_clock::now();
    auto const report = (mode == "up" ? up : down)(pipeline, container, argv[3], threads);
    std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - begin;
    std::cout << "seconds " << seconds.count() << ", resident at most " << mib_of_status("VmHWM")
              << " MiB, before the transfer " << before << " MiB, files " << report.files << ", bytes " << report.bytes
              << ", skipped " << report.skipped << ", resumed bytes " << report.resumed_bytes << '\n';
  } catch (azureml::Error const& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
