#include "engine/store/store.hpp"

#include "engine/store/store_state.hpp"

namespace azureml::engine::store {
namespace {

constexpr char const* kColumns = "SELECT container, name, content_type, content_md5, etag, metadata, size, modified FROM blob ";

BlobRecord read_blob(Query const& row) {
  return {.container = row.text(0),
          .name = row.text(1),
          .content_type = row.text(2),
          .content_md5 = row.text(3),
          .etag = row.text(4),
          .metadata = to_map(row.text(5)),
          .size = static_cast<std::uint64_t>(row.number(6)),
          .modified = to_time(row.number(7))};
}

/// The first text after all that begin with `prefix`. Names are UTF-8, which has no byte 0xFF.
std::string end_of(std::string const& prefix) { return prefix + '\xff'; }

}  // namespace

void Store::add_container(std::string const& container) {
  state_->database.query("INSERT INTO container (name) VALUES (?) ON CONFLICT DO NOTHING").bind(container).run();
}

bool Store::has_container(std::string const& container) {
  auto row = state_->database.query("SELECT 1 FROM container WHERE name = ?");
  return row.bind(container).step();
}

std::optional<BlobRecord> Store::find_blob(std::string const& container, std::string const& name) {
  auto row = state_->database.query(std::string(kColumns) + "WHERE container = ? AND name = ?");
  if (!row.bind(container).bind(name).step()) return std::nullopt;
  return read_blob(row);
}

void Store::put_blob(BlobRecord const& blob) {
  state_->database
      .query("INSERT OR REPLACE INTO blob (container, name, content_type, content_md5, etag, metadata, size, modified) "
             "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(blob.container)
      .bind(blob.name)
      .bind(blob.content_type)
      .bind(blob.content_md5)
      .bind(blob.etag)
      .bind(to_text(blob.metadata))
      .bind(static_cast<std::int64_t>(blob.size))
      .bind(to_number(blob.modified))
      .run();
}

bool Store::remove_blob(std::string const& container, std::string const& name) {
  auto& db = state_->database;
  db.query("DELETE FROM blob WHERE container = ? AND name = ?").bind(container).bind(name).run();
  return db.changes() == 1;
}

Page<BlobRecord> Store::list_blobs(std::string const& container, std::string const& prefix, std::string const& after, std::size_t limit) {
  auto const size = page_size(limit);
  auto row = state_->database.query(std::string(kColumns) +
                                    "WHERE container = ? AND name >= ? AND name < ? AND name > ? ORDER BY name LIMIT ?");
  row.bind(container).bind(prefix).bind(end_of(prefix)).bind(after).bind(static_cast<std::int64_t>(size) + 1);
  Page<BlobRecord> page;
  while (row.step()) {
    if (page.items.size() == size) {
      page.next = page.items.back().name;
      break;
    }
    page.items.push_back(read_blob(row));
  }
  return page;
}

}  // namespace azureml::engine::store
