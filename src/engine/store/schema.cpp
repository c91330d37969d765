#include "engine/store/schema.hpp"

#include "engine/store/sqlite.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace azureml::engine::store {
namespace {

/// Times are nanoseconds since 1970 (UTC); maps and lists are JSON text.
constexpr char const* kVersion1 = R"sql(
CREATE TABLE code (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, code_uri TEXT NOT NULL, description TEXT NOT NULL,
  tags TEXT NOT NULL, properties TEXT NOT NULL, hash TEXT NOT NULL, archived INTEGER NOT NULL, created INTEGER NOT NULL,
  UNIQUE (name, version));
CREATE INDEX code_hash ON code (hash, id) WHERE hash <> '';

CREATE TABLE environment (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, image TEXT NOT NULL, conda_file TEXT NOT NULL,
  build TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL, anonymous INTEGER NOT NULL, archived INTEGER NOT NULL,
  created INTEGER NOT NULL, UNIQUE (name, version));

CREATE TABLE experiment (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL);

CREATE TABLE job (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, experiment TEXT NOT NULL, job_type TEXT NOT NULL, display_name TEXT NOT NULL,
  description TEXT NOT NULL, definition TEXT NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL, archived INTEGER NOT NULL,
  status TEXT NOT NULL, status_detail TEXT NOT NULL, cancel_requested INTEGER NOT NULL, attempt_id TEXT NOT NULL,
  applied_seq INTEGER NOT NULL, error TEXT NOT NULL, warnings TEXT NOT NULL, created INTEGER NOT NULL, started INTEGER, ended INTEGER);
CREATE INDEX job_newest ON job (created, id);
CREATE INDEX job_experiment ON job (experiment, created, id);
CREATE INDEX job_type_newest ON job (job_type, created, id);
CREATE INDEX job_archived ON job (archived, created, id);
CREATE INDEX job_unfinished ON job (id) WHERE status NOT IN ('Completed', 'Failed', 'Canceled');
CREATE TABLE job_tag (
  job INTEGER NOT NULL REFERENCES job (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (job, key)) WITHOUT ROWID;
CREATE INDEX job_tag_value ON job_tag (key, value, job);

CREATE TABLE container (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE blob (
  container TEXT NOT NULL, name TEXT NOT NULL, content_type TEXT NOT NULL, content_md5 TEXT NOT NULL, etag TEXT NOT NULL,
  metadata TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (container, name)) WITHOUT ROWID;
)sql";

/// Datastores and data assets; the block lists of blobs, of which a later list may name blocks again.
constexpr char const* kVersion2 = R"sql(
CREATE TABLE datastore (
  name TEXT PRIMARY KEY, type TEXT NOT NULL, account TEXT NOT NULL, container TEXT NOT NULL, endpoint TEXT NOT NULL, protocol TEXT NOT NULL,
  credentials_type TEXT NOT NULL, secret TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL,
  created INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE data (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, type TEXT NOT NULL, uri TEXT NOT NULL, description TEXT NOT NULL,
  tags TEXT NOT NULL, properties TEXT NOT NULL, anonymous INTEGER NOT NULL, archived INTEGER NOT NULL, created INTEGER NOT NULL,
  UNIQUE (name, version));
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blob_blocks (container TEXT NOT NULL, name TEXT NOT NULL, blocks TEXT NOT NULL, PRIMARY KEY (container, name));
)sql";

/// The step at index n leads from version n to n + 1. Steps are only ever added.
constexpr std::array<char const*, 2> kSteps{kVersion1, kVersion2};

bool is_empty(Database& database) {
  auto tables = database.query("SELECT count(*) FROM sqlite_master");
  return tables.step() && tables.number(0) == 0;
}

}  // namespace

std::int64_t schema_version() noexcept { return static_cast<std::int64_t>(kSteps.size()); }

void migrate(Database& database) {
  auto const file = "'" + database.file().string() + "'";
  auto const id = database.pragma("application_id");
  auto version = database.pragma("user_version");
  if (id != kApplicationId && !(id == 0 && version == 0 && is_empty(database))) {
    throw std::runtime_error("cannot open the store " + file + ": it is a database of another program; name another home");
  }
  if (version > schema_version()) {
    throw std::runtime_error("cannot open the store " + file + ": it has schema version " + std::to_string(version) +
                             ", this program knows versions up to " + std::to_string(schema_version()) +
                             "; use the newer program that wrote it, or name another home");
  }
  for (; version < schema_version(); ++version) {
    Transaction transaction{database};
    database.execute(kSteps.at(static_cast<std::size_t>(version)));
    database.execute("PRAGMA application_id = " + std::to_string(kApplicationId));
    database.execute("PRAGMA user_version = " + std::to_string(version + 1));
    transaction.commit();
  }
}

}  // namespace azureml::engine::store
