#include "engine/store/store_view.hpp"

#include "engine/store/schema.hpp"
#include "engine/store/sqlite.hpp"
#include "engine/store/store_state.hpp"

namespace azureml::engine::store {
namespace {

constexpr std::int64_t kPage = 1'000;

/// Rows in the order of a key, `kPage` at a time: `next_page` runs one query and visits its rows.
template <class NextPage>
void all_pages(NextPage const& next_page) {
  while (next_page() == kPage) {
  }
}

}  // namespace

struct StoreView::State {
  explicit State(std::filesystem::path const& file) : database(file, Database::Access::read_only) {}
  Database database;
};

StoreView::StoreView(std::filesystem::path const& database) : state_(std::make_unique<State>(database)) {
  (void)state_->database.pragma("schema_version");  // The first read finds a file that is no database.
}

StoreView::~StoreView() = default;

std::vector<std::string> StoreView::faults(std::size_t limit) {
  auto& db = state_->database;
  if (db.pragma("application_id") != kApplicationId) return {"it is a database of another program"};
  auto const version = db.pragma("user_version");
  if (version != schema_version())
    return {"it has schema version " + std::to_string(version) + ", this program uses " + std::to_string(schema_version()) +
            "; start an engine once to bring an older one up to date"};
  std::vector<std::string> found;
  auto row = db.query("PRAGMA integrity_check(" + std::to_string(limit) + ")");
  while (found.size() < limit && row.step())
    if (row.text(0) != "ok") found.push_back(row.text(0));
  return found;
}

std::optional<BlobRecord> StoreView::find_blob(std::string const& container, std::string const& name) {
  auto row = state_->database.query("SELECT content_md5, etag, size, modified FROM blob WHERE container = ? AND name = ?");
  if (!row.bind(container).bind(name).step()) return std::nullopt;
  return BlobRecord{.container = container,
                    .name = name,
                    .content_md5 = row.text(0),
                    .etag = row.text(1),
                    .size = static_cast<std::uint64_t>(row.number(2)),
                    .modified = to_time(row.number(3))};
}

bool StoreView::has_blobs(std::string const& container, std::string const& folder) {
  auto const below = folder.empty() ? std::string() : folder + '/';
  auto row = state_->database.query("SELECT 1 FROM blob WHERE container = ? AND (name = ? OR (name >= ? AND name < ?)) LIMIT 1");
  return row.bind(container).bind(folder).bind(below).bind(below + '\xff').step();
}

bool StoreView::has_job(std::string const& name) {
  auto row = state_->database.query("SELECT 1 FROM job WHERE name = ?");
  return row.bind(name).step();
}

void StoreView::each_blob(std::function<void(BlobRecord const&)> const& visit) {
  std::string container, name;
  all_pages([&] {
    std::vector<BlobRecord> page;
    {
      auto row = state_->database.query(
          "SELECT container, name, content_md5, etag, size, modified FROM blob WHERE (container, name) > (?, ?) ORDER BY container, name LIMIT ?");
      row.bind(container).bind(name).bind(kPage);
      while (row.step()) {
        page.push_back({.container = row.text(0),
                        .name = row.text(1),
                        .content_md5 = row.text(2),
                        .etag = row.text(3),
                        .size = static_cast<std::uint64_t>(row.number(4)),
                        .modified = to_time(row.number(5))});
      }
    }
    if (!page.empty()) container = page.back().container, name = page.back().name;
    for (auto const& blob : page) visit(blob);
    return static_cast<std::int64_t>(page.size());
  });
}

void StoreView::each_job(std::function<void(Job const&)> const& visit) {
  std::int64_t last = 0;
  all_pages([&] {
    std::vector<Job> page;
    {
      auto row = state_->database.query(
          "SELECT id, name, status, attempt_id, definition, applied_seq FROM job WHERE id > ? ORDER BY id LIMIT ?");
      row.bind(last).bind(kPage);
      while (row.step()) {
        last = row.number(0);
        page.push_back({.name = row.text(1),
                        .status = row.text(2),
                        .attempt_id = row.text(3),
                        .definition = row.text(4),
                        .applied_seq = static_cast<std::uint64_t>(row.number(5))});
      }
    }
    for (auto const& job : page) visit(job);
    return static_cast<std::int64_t>(page.size());
  });
}

void StoreView::each_code(std::function<void(Code const&)> const& visit) {
  std::int64_t last = 0;
  all_pages([&] {
    std::vector<Code> page;
    {
      auto row = state_->database.query("SELECT id, name, version, code_uri, created FROM code WHERE id > ? ORDER BY id LIMIT ?");
      row.bind(last).bind(kPage);
      while (row.step()) {
        last = row.number(0);
        page.push_back({.name = row.text(1), .version = row.text(2), .uri = row.text(3), .created = to_time(row.number(4))});
      }
    }
    for (auto const& code : page) visit(code);
    return static_cast<std::int64_t>(page.size());
  });
}

void StoreView::each_data_uri(std::function<void(std::string const&)> const& visit) {
  std::int64_t last = 0;
  all_pages([&] {
    std::vector<std::string> page;
    {
      auto row = state_->database.query("SELECT id, uri FROM data WHERE id > ? ORDER BY id LIMIT ?");
      row.bind(last).bind(kPage);
      while (row.step()) {
        last = row.number(0);
        page.push_back(row.text(1));
      }
    }
    for (auto const& uri : page) visit(uri);
    return static_cast<std::int64_t>(page.size());
  });
}

}  // namespace azureml::engine::store
