#include "engine/store/store.hpp"

#include "engine/store/store_state.hpp"

namespace azureml::engine::store {
namespace {

constexpr char const* kDatastoreColumns =
    "SELECT name, type, account, container, endpoint, protocol, credentials_type, secret, description, tags, "
    "properties, created FROM datastore ";
constexpr char const* kDataColumns =
    "SELECT name, version, type, uri, description, tags, properties, anonymous, archived, created FROM data ";
constexpr char kDefaultDatastore[] = "default_datastore";

DatastoreRecord read_datastore(Query const& row) {
  return {.name = row.text(0),
          .type = row.text(1),
          .account = row.text(2),
          .container = row.text(3),
          .endpoint = row.text(4),
          .protocol = row.text(5),
          .credentials_type = row.text(6),
          .secret = row.text(7),
          .description = row.text(8),
          .tags = to_map(row.text(9)),
          .properties = to_map(row.text(10)),
          .created = to_time(row.number(11))};
}

DataRecord read_data(Query const& row) {
  return {.name = row.text(0),
          .version = row.text(1),
          .type = row.text(2),
          .uri = row.text(3),
          .description = row.text(4),
          .tags = to_map(row.text(5)),
          .properties = to_map(row.text(6)),
          .anonymous = row.number(7) != 0,
          .archived = row.number(8) != 0,
          .created = to_time(row.number(9))};
}

}  // namespace

std::optional<DatastoreRecord> Store::find_datastore(std::string const& name) {
  auto row = state_->database.query(std::string(kDatastoreColumns) + "WHERE name = ?");
  if (!row.bind(name).step()) return std::nullopt;
  return read_datastore(row);
}

std::vector<DatastoreRecord> Store::list_datastores() {
  auto row = state_->database.query(std::string(kDatastoreColumns) + "ORDER BY name");
  std::vector<DatastoreRecord> found;
  while (row.step()) found.push_back(read_datastore(row));
  return found;
}

void Store::put_datastore(DatastoreRecord const& datastore) {
  state_->database
      .query(
          "INSERT OR REPLACE INTO datastore (name, type, account, container, endpoint, protocol, credentials_type, "
          "secret, description, tags, "
          "properties, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(datastore.name)
      .bind(datastore.type)
      .bind(datastore.account)
      .bind(datastore.container)
      .bind(datastore.endpoint)
      .bind(datastore.protocol)
      .bind(datastore.credentials_type)
      .bind(datastore.secret)
      .bind(datastore.description)
      .bind(to_text(datastore.tags))
      .bind(to_text(datastore.properties))
      .bind(to_number(datastore.created))
      .run();
}

bool Store::remove_datastore(std::string const& name) {
  auto& db = state_->database;
  Transaction transaction{db};
  db.query("DELETE FROM setting WHERE name = ? AND value = ?").bind(kDefaultDatastore).bind(name).run();
  db.query("DELETE FROM datastore WHERE name = ?").bind(name).run();
  bool const removed = db.changes() == 1;
  transaction.commit();
  return removed;
}

std::string Store::default_datastore() {
  auto row = state_->database.query("SELECT value FROM setting WHERE name = ?");
  return row.bind(kDefaultDatastore).step() ? row.text(0) : std::string{};
}

void Store::set_default_datastore(std::string const& name) {
  state_->database.query("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)")
      .bind(kDefaultDatastore)
      .bind(name)
      .run();
}

std::optional<DataRecord> Store::find_data(std::string const& name, std::string const& version) {
  auto row = state_->database.query(std::string(kDataColumns) + "WHERE name = ? AND version = ?");
  if (!row.bind(name).bind(version).step()) return std::nullopt;
  return read_data(row);
}

std::vector<DataRecord> Store::list_data_versions(std::string const& name) {
  auto row = state_->database.query(std::string(kDataColumns) + "WHERE name = ? ORDER BY id DESC");
  row.bind(name);
  std::vector<DataRecord> found;
  while (row.step()) found.push_back(read_data(row));
  return found;
}

std::vector<std::string> Store::list_data_names() {
  auto row = state_->database.query("SELECT DISTINCT name FROM data ORDER BY name");
  std::vector<std::string> names;
  while (row.step()) names.push_back(row.text(0));
  return names;
}

bool Store::add_data(DataRecord const& data) {
  auto& db = state_->database;
  db.query(
        "INSERT INTO data (name, version, type, uri, description, tags, properties, anonymous, archived, created) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
      .bind(data.name)
      .bind(data.version)
      .bind(data.type)
      .bind(data.uri)
      .bind(data.description)
      .bind(to_text(data.tags))
      .bind(to_text(data.properties))
      .bind(std::int64_t{data.anonymous})
      .bind(std::int64_t{data.archived})
      .bind(to_number(data.created))
      .run();
  return db.changes() == 1;
}

void Store::update_data_labels(DataRecord const& data) {
  state_->database
      .query("UPDATE data SET description = ?, tags = ?, properties = ?, archived = ? WHERE name = ? AND version = ?")
      .bind(data.description)
      .bind(to_text(data.tags))
      .bind(to_text(data.properties))
      .bind(std::int64_t{data.archived})
      .bind(data.name)
      .bind(data.version)
      .run();
}

bool Store::remove_data(std::string const& name, std::string const& version) {
  auto& db = state_->database;
  db.query("DELETE FROM data WHERE name = ? AND version = ?").bind(name).bind(version).run();
  return db.changes() == 1;
}

}  // namespace azureml::engine::store
