// What the database says of runs, against their folders and journals.
#include "engine/front/home_check_state.hpp"
#include "engine/runner/journal.hpp"
#include "engine/runner/manifest.hpp"
#include "engine/runner/run_paths.hpp"
#include "engine/runner/run_spec.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <system_error>

namespace azureml::engine::front {

namespace fs = std::filesystem;
using runner::RunPaths;

namespace {

constexpr std::size_t kManifestLines = 1'000;
constexpr char kDelete[] = "keep what is needed of its files and delete the run with: azureml delete ";

/// What a journal tells, as far as it can be believed.
struct Told {
  std::uint64_t last_seq = 0, files = 0, bytes = 0, size = 0, believed = 0;
  bool launched = false, uploaded = false, ended = false;
  std::string status{}, damage{};
};

void take(runner::JournalRecord const& record, Told& told) {
  if (record.event == "launched") told.launched = true;
  if (record.event != "uploaded" && record.event != "ended") return;
  auto const json = nlohmann::json::parse(record.text, nullptr, false);
  if (record.event == "ended") {
    told.ended = true;
    told.status = json.value("status", "");
  } else {
    told.uploaded = true;
    told.files = json.value("files", std::uint64_t{0});
    told.bytes = json.value("bytes", std::uint64_t{0});
  }
}

Told read_journal(fs::path const& journal) {
  Told told;
  runner::JournalReader reader{journal};
  try {
    for (auto records = reader.read(); !records.empty(); records = reader.read())
      for (auto const& record : records) take(record, told);
  } catch (std::exception const& fault) {
    told.damage = fault.what();
  }
  told.last_seq = reader.last_seq();
  told.believed = reader.offset();
  std::error_code error;
  auto const size = fs::file_size(journal, error);
  told.size = error ? 0 : size;
  return told;
}

struct Sum {
  std::uint64_t files = 0, bytes = 0;
};

void add_files(fs::path const& folder, Sum& sum) {
  std::error_code error;
  for (fs::recursive_directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    if (at->symlink_status(error).type() != fs::file_type::regular) continue;
    ++sum.files;
    sum.bytes += at->file_size(error);
  }
}

/// What an ended run's folder holds of results, against what its supervisor has counted. Files that were added since hide what is gone.
void check_results(HomeCheck& check, RunPaths const& paths, std::string const& run, Told const& told) {
  std::error_code error;
  if (told.launched && !fs::exists(paths.std_log(), error))
    check.add("artifact-missing", paths.std_log(), "the run was started, but its log is not there", "restore the file from a copy");
  if (told.status != "Completed" || !told.uploaded) return;
  Sum sum;
  for (auto const* const folder : {"outputs", "logs"}) add_files(paths.artifacts() / folder, sum);
  if (sum.files < told.files)
    check.add("artifact-missing", paths.artifacts(),
              "the run has left " + std::to_string(told.files) + " files in outputs/ and logs/, but " + std::to_string(sum.files) + " are there", "restore them from a copy, or " + (kDelete + run));
  if (sum.files == told.files && sum.bytes != told.bytes)
    check.add("artifact-size", paths.artifacts(),
              "the run has left " + std::to_string(told.bytes) + " bytes in outputs/ and logs/, but there are " + std::to_string(sum.bytes), "restore them from a copy, or " + (kDelete + run));
}

void check_run_leftovers(HomeCheck& check, RunPaths const& paths) {
  std::error_code error;
  auto left = [&](fs::path const& folder) {
    if (fs::exists(fs::symlink_status(folder, error))) check.add("run-left", folder, "the run has ended, but its supervisor could not remove this", "remove it with: azureml engine gc");
  };
  left(paths.scratch());
  try {
    if (!runner::read_run_spec(paths.spec()).keep_working_directory) left(paths.work());
  } catch (std::exception const&) {
    // Nobody needs the specification of a run that has ended.
  }
}

void check_journal(HomeCheck& check, store::StoreView::Job const& job, RunPaths const& paths, Told const& told, bool supervised) {
  auto const remedy = kDelete + job.name;
  if (!told.damage.empty()) {
    check.add("journal-damaged", paths.journal(), told.damage, remedy);
  } else if (told.last_seq < job.applied_seq) {
    check.add("journal-short", paths.journal(),
              "its last record is " + std::to_string(told.last_seq) + ", but the database knows of record " + std::to_string(job.applied_seq), remedy);
  } else if (told.size > told.believed && !supervised) {
    check.add("journal-torn", paths.journal(), "its last line has no end, and nobody is writing it any more",
              store::is_terminal(job.status) ? remedy : "start the engine, which judges the run");
  } else if (told.ended && store::is_terminal(job.status) && told.status != job.status) {
    check.add("journal-differs", paths.journal(), "it says that the run ended as " + told.status + ", the database says " + job.status, remedy);
  }
}

void note_arriving(HomeCheck& check, RunPaths const& paths) {
  for (std::uint64_t begin = 0;;) {
    auto const part = runner::read_manifest(paths.manifest(), begin, UINT64_MAX, kManifestLines);
    for (auto const& line : part.lines) check.arriving.insert({line.blob.container, line.blob.name});
    if (part.next == begin) return;
    begin = part.next;
  }
}

void check_run(HomeCheck& check, store::StoreView::Job const& job) {
  RunPaths const paths{check.home.run(job.name)};
  std::error_code error;
  bool const ended = store::is_terminal(job.status);
  if (!fs::is_directory(paths.root, error)) {
    if (job.applied_seq > 0) check.add("run-without-directory", paths.root, "the database has this run, but its folder is gone", "restore the folder from a copy, or delete the run with: azureml delete " + job.name);
    return;
  }
  // Before the journal is read: a supervisor that ends meanwhile has left a whole one.
  bool const supervised = is_locked(paths.lock());
  auto const told = read_journal(paths.journal());
  check_journal(check, job, paths, told, supervised);
  check.check_mode(paths.spec(), 0600);
  if (!ended) {
    if (job.applied_seq > 0 && !fs::exists(paths.spec(), error))
      check.add("spec-missing", paths.spec(), "the run has not ended, but what its supervisor was to do is gone", "let it end, or cancel it with: azureml cancel " + job.name);
    note_arriving(check, paths);
  } else if (!supervised) {
    check_run_leftovers(check, paths);
    if (told.damage.empty()) check_results(check, paths, job.name, told);
  }
}

}  // namespace

void HomeCheck::check_runs(store::StoreView& view) {
  view.each_job([&](store::StoreView::Job const& job) {
    go_on();
    check_run(*this, job);
  });
}

void HomeCheck::check_run_folders(store::StoreView& view) {
  for (auto const& name : names_in(home.runs())) {
    std::error_code error;
    auto const folder = home.runs() / name;
    if (!view.has_job(name) && fs::exists(fs::symlink_status(folder, error)))
      add("run-orphan", folder, "the database knows no such run", "keep what is needed of it, then remove it with: azureml engine gc");
  }
}

}  // namespace azureml::engine::front
