#include "cli/transfer_report.hpp"

#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include <azureml/error.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>

namespace azureml::cli {

namespace {

std::string count_of(std::uint64_t files) {
  return std::to_string(files) + (files == 1 ? " file" : " files");
}

}  // namespace

std::string to_json_text(TransferReport const& report) {
  using json = nlohmann::ordered_json;
  json paths = json::array();
  for (auto const& path : report.paths) paths.push_back(path.string());
  json record = json::object();
  record["files"] = report.files;
  record["bytes"] = report.bytes;
  record["skipped"] = report.skipped;
  record["resumed_bytes"] = report.resumed_bytes;
  record["paths"] = std::move(paths);
  return record.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

std::string describe(TransferReport const& report) {
  auto text = count_of(report.files) + ", " + human_bytes(report.bytes);
  if (report.skipped > 0)
    text += "; " + std::to_string(report.skipped) + (report.skipped == 1 ? " was" : " were") + " there already";
  if (report.resumed_bytes > 0) text += "; " + human_bytes(report.resumed_bytes) + " had been moved before";
  return text;
}

std::string describe_interrupted(TransferProgress const& last, std::string_view done) {
  auto const verb = std::string(done);
  if (last.bytes_done == 0 && last.files_done == 0) return "interrupted; nothing was " + verb + " yet";
  auto text = "interrupted; " + human_bytes(last.bytes_done);
  if (last.bytes_total > 0) text += " of " + human_bytes(last.bytes_total);
  text += ", " +
          (last.files_total > 0 ? std::to_string(last.files_done) + " of " + count_of(last.files_total)
                                : count_of(last.files_done)) +
          " whole";
  return text + ", are " + verb + " and kept: the same command goes on from there";
}

int run_transfer(Interrupt const& interrupt, Progress& progress, std::string_view done,
                 std::function<void()> const& transfer) {
  try {
    transfer();
    progress.clear();
    return kSuccess;
  } catch (StoppedError const&) {
    progress.clear();
    if (!interrupt.requested()) throw;
    auto const text = "azureml: " + describe_interrupted(progress.last(), done) + '\n';
    std::fwrite(text.data(), 1, text.size(), stderr);
    return kInterrupted;
  } catch (...) {
    progress.clear();
    throw;
  }
}

}  // namespace azureml::cli
