#include "core/make_error.hpp"
#include "transfer/download_blob.hpp"
#include "transfer/download_call.hpp"
#include "transfer/parallel.hpp"

#include <algorithm>
#include <condition_variable>
#include <utility>
#include <vector>

namespace azureml::transfer {

namespace {

constexpr unsigned kThreads = 16;  ///< Of many files; each holds a request, and a piece of at most 1 MiB, at a time.

/// What is to be done next, for all threads of one call.
class DownloadQueue {
 public:
  DownloadQueue(DownloadCall& call, NextDownload const& next) : call_(call), next_(next) {}

  struct Step {
    std::shared_ptr<BlobDownload> file{};
    std::optional<ByteInterval> bytes{};  ///< Nothing: it begins.
  };

  /// Waits for a step; nothing when all is done. @throws StoppedError
  std::optional<Step> take(std::stop_token const& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (stop.stop_requested()) throw core::make_error<StoppedError>("stopped while downloading");
      // Files that have begun come first: so few are open.
      for (auto const& file : files_)
        if (auto const bytes = file->take()) return Step{file, bytes};
      if (!ended_ && !asking_) {
        if (auto file = begin_next(lock)) return Step{std::move(file), {}};
        continue;
      }
      if (ended_ && files_.empty()) return std::nullopt;
      auto const seen = changes_;
      changed_.wait(lock, stop, [&] { return changes_ != seen; });
    }
  }

  void step_done(std::shared_ptr<BlobDownload> const& file) {
    std::lock_guard const lock(mutex_);
    if (file->is_done()) std::erase(files_, file);
    notify();
  }
  void has_work() {
    std::lock_guard const lock(mutex_);
    notify();
  }
  /// What a later call finds of the files that were under way.
  std::string kept() const {
    std::string text;
    std::size_t count = 0;
    for (auto const& file : files_) {
      auto const one = file->kept();
      if (one.empty() || ++count > 3) continue;
      text += (text.empty() ? "" : ", ") + one;
    }
    return count > 3 ? text + " and of " + std::to_string(count - 3) + " more" : text;
  }

 private:
  void notify() {
    ++changes_;
    changed_.notify_all();
  }

  /// Without the lock while the next item is made: that may take a request.
  std::shared_ptr<BlobDownload> begin_next(std::unique_lock<std::mutex>& lock) {
    asking_ = true;
    lock.unlock();
    std::shared_ptr<BlobDownload> file;
    if (auto item = next_()) {
      auto place = call_.beneath.place(item->target);
      file = std::make_shared<BlobDownload>(call_, std::move(*item), std::move(place));
    }
    lock.lock();
    asking_ = false;
    if (file) {
      files_.push_back(file);
    } else {
      ended_ = true;
    }
    notify();
    return file;
  }

  DownloadCall& call_;
  NextDownload const& next_;
  mutable std::mutex mutex_{};
  std::condition_variable_any changed_{};
  std::vector<std::shared_ptr<BlobDownload>> files_{};  ///< Under way: at most one for each thread.
  std::uint64_t changes_ = 0;
  bool asking_ = false, ended_ = false;
};

std::string printable(std::string_view name) {
  std::string text;
  for (char const c : name.substr(0, 200))
    text += (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) ? '?' : c;
  return text;
}

void check_name(DownloadItem const& item) {
  auto const fault = name_fault(item.target);
  if (fault.empty()) return;
  throw core::validation_error("the download", {{.field = "name '" + printable(item.target) + "'",
                                                 .problem = fault,
                                                 .remedy = "download the other files by their names or a prefix"}});
}

/// The same failure, with what is kept of the files in its message.
template <class Error>
[[noreturn]] void throw_again(Error const& error, std::string const& note, core::ErrorState state) {
  throw core::make_error<Error>(std::string(error.what()) + note, std::move(state));
}

[[noreturn]] void throw_with_note(std::string const& kept) {
  if (kept.empty()) throw;
  auto const note = " (" + kept + (kept.find(',') == std::string::npos ? " is" : " are") +
                    " kept beside the target; the same download goes on from there)";
  auto const state_of = [](ServiceError const& error) {
    return core::ErrorState{.retryable = error.retryable(),
                            .status = error.status(),
                            .request_id = error.request_id(),
                            .code = error.code(),
                            .inner_code = error.inner_code(),
                            .body = error.body()};
  };
  try {
    throw;
  } catch (StoppedError const& error) {
    throw_again(error, note, {.timed_out = error.timed_out()});
  } catch (TransportError const& error) {
    throw_again(TransportError(error), note, {.retryable = error.retryable()});
  } catch (FileError const& error) {
    throw_again(error, note, {});
  } catch (NotFoundError const& error) {
    throw_again(error, note, state_of(error));
  } catch (ServiceError const& error) {
    throw_again(ServiceError(error), note, state_of(error));
  }
}

TransferReport run(http::Pipeline const& pipeline, Addresses& addresses, Beneath& beneath, DownloadMemory* memory,
                   unsigned threads, NextDownload const& next, DownloadOptions const& options, Context const& context) {
  http::Deadline const deadline(context, pipeline.clock());
  Meter meter(TransferPhase::downloading, options.bytes, options.files, options.on_progress, pipeline.clock());
  DownloadCall call{.pipeline = pipeline,
                    .addresses = addresses,
                    .options = options,
                    .beneath = beneath,
                    .meter = meter,
                    .memory = memory};
  DownloadQueue queue(call, next);
  call.has_work = [&queue] { queue.has_work(); };
  auto const work = [&](std::size_t, std::stop_token const& stop) {
    http::Deadline const own({.stop = stop, .timeout = deadline.left().timeout}, pipeline.clock());
    while (auto const step = queue.take(stop)) {
      if (step->bytes) {
        step->file->fetch(*step->bytes, own);
      } else {
        step->file->begin(own);
      }
      queue.step_done(step->file);
    }
  };
  try {
    deadline.check("downloading");
    run_parallel(threads, threads, context.stop, work, meter.tick());
    beneath.sync();
  } catch (...) {
    throw_with_note(queue.kept());
  }
  if (memory) memory->forget();
  meter.report_end();
  return {.files = call.files,
          .bytes = call.bytes,
          .skipped = call.skipped,
          .resumed_bytes = call.resumed,
          .paths = std::move(call.paths)};
}

}  // namespace

TransferReport download_files(http::Pipeline const& pipeline, Addresses& addresses,
                              std::filesystem::path const& directory, NextDownload const& next,
                              DownloadOptions const& options, Context const& context) {
  Beneath beneath(directory);
  DownloadMemory memory(beneath.root());
  NextDownload const checked = [&next] {
    auto item = next();
    if (item) check_name(*item);
    return item;
  };
  return run(pipeline, addresses, beneath, &memory, kThreads, checked, options, context);
}

TransferReport download_file(http::Pipeline const& pipeline, Addresses& addresses, std::string const& blob,
                             std::filesystem::path const& target, DownloadOptions const& options,
                             Context const& context) {
  auto const name = target.filename().string();
  if (name.empty() || name == "." || name == "..") throw_file_error(target, EISDIR);
  Beneath beneath(target.parent_path());
  bool given = false;
  NextDownload const next = [&]() -> std::optional<DownloadItem> {
    if (std::exchange(given, true)) return std::nullopt;
    DownloadItem item{.blob = blob, .target = name};
    if (options.bytes > 0) item.size = options.bytes;
    return item;
  };
  return run(pipeline, addresses, beneath, nullptr, kConnections, next, options, context);
}

}  // namespace azureml::transfer
