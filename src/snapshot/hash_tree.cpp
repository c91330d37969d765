#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "snapshot/file_hasher.hpp"
#include "snapshot/file_reader.hpp"
#include "snapshot/hash_order.hpp"
#include "snapshot/hashes.hpp"
#include "snapshot/stat_cache.hpp"

#include <algorithm>
#include <deque>
#include <span>
#include <string_view>
#include <utility>

namespace azureml::snapshot {

namespace {

/// Less than this is hashed before a thread has begun.
constexpr std::uint64_t kBytesForThread = 1 << 20;
/// So many files are fetched from the disk while others are hashed.
constexpr std::size_t kOpenAhead = 16;

std::string to_hex(Sha256 const& sum) {
  return base::to_hex({sum.data(), sum.size()});
}

void append_number(std::string& to, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) to += static_cast<char>(number >> shift & 0xFF);
}

Sha256 tree_sum(std::vector<File> const& files, std::vector<Sha256> const& sums) {
  auto digest = base::Digest::sha256();
  std::string text;
  append_number(text, files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    append_number(text, files[i].path.size());
    text += files[i].path;
    append_number(text, files[i].size);
    text.append(sums[i].data(), sums[i].size());
    if (text.size() < 16384) continue;
    digest.update(text);
    text.clear();
  }
  return to_sha256(digest.update(text).finish());
}

/// Reads the files of a plan, each in order, and hands the bytes to both hashes.
class Reading {
 public:
  Reading(Plan const& plan, HashOptions const& options) : plan_(plan), options_(options) {}
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  void check_stop() const {
    if (options_.stop.stop_requested())
      throw core::make_error<StoppedError>("hashing '" + plan_.root.string() + "' was stopped");
  }

  /// Fills the front of `buffer` with what comes next of the file.
  std::size_t read(FileReader& reader, File const& file, std::span<char> buffer) {
    check_stop();
    auto const got = reader.read(buffer);
    bytes_ += got;
    if (options_.on_bytes) options_.on_bytes(got, file.path);
    return got;
  }

  /// The SHA-256 of one file.
  Sha256 sum_of(File const& file) {
    check_stop();
    FileReader reader(plan_, file);
    auto digest = base::Digest::sha256();
    buffer_.resize(FileHasher::kBatchSize);
    for (std::uint64_t position = 0; position < file.size;) {
      auto const got = read(reader, file, buffer_);
      digest.update(std::string_view(buffer_).substr(0, got));
      position += got;
    }
    reader.check_unchanged();
    return to_sha256(digest.finish());
  }

 private:
  Plan const& plan_;
  HashOptions const& options_;
  std::string buffer_{};
  std::uint64_t bytes_ = 0;
};

/// One reading of all files for the content hash; the sums of those that are not known are computed from the same
/// bytes.
class WholeReading {
 public:
  WholeReading(Plan const& plan, Reading& reading, std::vector<Known> const& known, std::vector<Sha256>& sums)
      : plan_(plan),
        reading_(reading),
        known_(known),
        hasher_(sums, plan.bytes >= kBytesForThread && std::thread::hardware_concurrency() > 1) {}

  Sha256 run() {
    auto const order = content_order(plan_.files);
    add_head(order);
    batch_ = &hasher_.batch();
    std::size_t opened = 0;
    for (auto const index : order) {
      for (; opened < order.size() && ahead_.size() < kOpenAhead; ++opened) {
        ahead_.emplace_back(plan_, plan_.files[order[opened]]);
        ahead_.back().read_ahead();
      }
      auto reader = std::move(ahead_.front());
      ahead_.pop_front();
      add_file(index, reader);
    }
    flush();
    hasher_.finish();
    return to_sha256(content_.finish());
  }

 private:
  void add_head(std::vector<std::uint32_t> const& order) {
    auto text = std::to_string(order.size());
    for (auto const index : order) {
      auto const& file = plan_.files[index];
      text += '#';
      text += file.path;
      text += '#';
      text += std::to_string(file.size);
      if (text.size() < 16384) continue;
      content_.update(text);
      text.clear();
    }
    content_.update(text);
  }

  void add_file(std::uint32_t index, FileReader& reader) {
    auto const& file = plan_.files[index];
    bool const wanted = known_.empty() || known_[index] != Known::yes;
    std::uint64_t position = 0;
    do {
      // A small file goes whole into one batch; a new one is begun when the rest is not worth a read.
      auto const left = std::min<std::uint64_t>(file.size - position, FileHasher::kBatchSize / 4);
      if (batch_->pieces.size() == FileHasher::kPiecesMax || FileHasher::kBatchSize - batch_->used < left) flush();
      std::size_t got = 0;
      if (position < file.size)
        got = reading_.read(reader, file, std::span(batch_->bytes).subspan(batch_->used));
      else
        reading_.check_stop();
      position += got;
      batch_->used += got;
      batch_->pieces.push_back(
          {.file = index, .size = static_cast<std::uint32_t>(got), .last = position == file.size, .wanted = wanted});
    } while (position < file.size);
    reader.check_unchanged();
  }

  void flush() {
    auto const& full = *batch_;
    hasher_.hand_over();
    content_.update(std::string_view(full.bytes).substr(0, full.used));
    batch_ = &hasher_.batch();
  }

  Plan const& plan_;
  Reading& reading_;
  std::vector<Known> const& known_;
  base::Digest content_ = base::Digest::sha256();
  FileHasher hasher_;
  Batch* batch_ = nullptr;
  std::deque<FileReader> ahead_{};
};

/// When list and contents are those of the cache, its hashes are the plan's: files that may have been written since are
/// read to see whether they are what they were, unless that would be most of the work of reading all.
/// @return false when the contents differ (what was found out is kept in `remembered`) or were not looked at
bool is_same_content(Plan const& plan, Remembered& remembered, Reading& reading) {
  if (!remembered.same_list) return false;
  std::uint64_t doubtful = 0;
  for (std::size_t i = 0; i < plan.files.size(); ++i)
    if (remembered.known[i] != Known::yes) doubtful += plan.files[i].size;
  if (doubtful > plan.bytes / 2) return false;
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    if (remembered.known[i] == Known::yes) continue;
    auto const sum = reading.sum_of(plan.files[i]);
    remembered.known[i] = Known::yes;
    if (std::exchange(remembered.sums[i], sum) != sum) return false;
  }
  return true;
}

}  // namespace

TreeHashes hash_tree(Plan const& plan, HashOptions const& options) {
  auto& clock = options.clock ? *options.clock : base::real_clock();
  auto const begin = clock.now();
  Reading reading(plan, options);
  reading.check_stop();
  StatCache const cache(options.cache_directory, plan.root, options.logger);
  auto remembered = cache.read(plan);
  bool const all_known = remembered.same_list && std::all_of(remembered.known.begin(), remembered.known.end(),
                                                             [](Known known) { return known == Known::yes; });
  if (!all_known) {
    if (!is_same_content(plan, remembered, reading)) {
      remembered.sums.resize(plan.files.size());
      remembered.content = WholeReading(plan, reading, remembered.known, remembered.sums).run();
      remembered.tree = tree_sum(plan.files, remembered.sums);
    }
    cache.write(plan, remembered.sums, remembered.content, remembered.tree, begin);
  }
  return {.content = to_hex(remembered.content), .tree = to_hex(remembered.tree), .bytes_read = reading.bytes()};
}

std::string content_hash(Plan const& plan, std::function<void(std::uint64_t, std::string const&)> const& on_bytes,
                         std::stop_token const& stop) {
  return hash_tree(plan, {.on_bytes = on_bytes, .stop = stop}).content;
}

}  // namespace azureml::snapshot
