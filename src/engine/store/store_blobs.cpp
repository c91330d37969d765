#include "engine/store/store.hpp"

#include "engine/store/store_state.hpp"

#include <charconv>

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

/// One line a block, `size id`: a list may have 50,000 of them.
std::string to_lines(std::vector<BlockRecord> const& blocks) {
  std::string text;
  for (auto const& block : blocks) text += std::to_string(block.size) + " " + block.id + "\n";
  return text;
}

std::vector<BlockRecord> to_blocks(std::string const& text) {
  std::vector<BlockRecord> blocks;
  for (std::size_t begin = 0; begin < text.size();) {
    auto const end = std::min(text.find('\n', begin), text.size());
    auto const blank = std::min(text.find(' ', begin), end);
    BlockRecord block;
    std::from_chars(text.data() + begin, text.data() + blank, block.size);
    if (blank < end) block.id = text.substr(blank + 1, end - blank - 1);
    blocks.push_back(std::move(block));
    begin = end + 1;
  }
  return blocks;
}

void forget_blocks(Database& database, std::string const& container, std::string const& name) {
  database.query("DELETE FROM blob_blocks WHERE container = ? AND name = ?").bind(container).bind(name).run();
}

/// Within a transaction: the record, and no blocks.
void write_blob(Database& database, BlobRecord const& blob) {
  forget_blocks(database, blob.container, blob.name);
  database
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

void Store::put_blob(BlobRecord const& blob, std::vector<BlockRecord> const& blocks) {
  Transaction transaction{state_->database};
  write_blob(state_->database, blob);
  if (!blocks.empty()) {
    state_->database.query("INSERT INTO blob_blocks (container, name, blocks) VALUES (?, ?, ?)")
        .bind(blob.container)
        .bind(blob.name)
        .bind(to_lines(blocks))
        .run();
  }
  transaction.commit();
}

void Store::put_blobs(std::vector<BlobRecord> const& blobs) {
  Transaction transaction{state_->database};
  for (auto const& blob : blobs) write_blob(state_->database, blob);
  transaction.commit();
}

void Store::update_blob_labels(BlobRecord const& blob) {
  state_->database.query("UPDATE blob SET metadata = ?, etag = ?, modified = ? WHERE container = ? AND name = ?")
      .bind(to_text(blob.metadata))
      .bind(blob.etag)
      .bind(to_number(blob.modified))
      .bind(blob.container)
      .bind(blob.name)
      .run();
}

std::vector<BlockRecord> Store::find_blocks(std::string const& container, std::string const& name) {
  auto row = state_->database.query("SELECT blocks FROM blob_blocks WHERE container = ? AND name = ?");
  if (!row.bind(container).bind(name).step()) return {};
  return to_blocks(row.text(0));
}

bool Store::remove_blob(std::string const& container, std::string const& name) {
  auto& db = state_->database;
  Transaction transaction{db};
  forget_blocks(db, container, name);
  db.query("DELETE FROM blob WHERE container = ? AND name = ?").bind(container).bind(name).run();
  bool const removed = db.changes() == 1;
  transaction.commit();
  return removed;
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
