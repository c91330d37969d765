#include "engine/store/store.hpp"

#include "base/uuid.hpp"
#include "engine/store/store_state.hpp"

namespace azureml::engine::store {
namespace {

constexpr char const* kCodeColumns = "SELECT name, version, code_uri, description, tags, properties, archived, created FROM code ";
constexpr char const* kEnvironmentColumns =
    "SELECT name, version, image, conda_file, build, description, tags, properties, anonymous, archived, created FROM environment ";
constexpr char const* kExperimentColumns = "SELECT id, name, created FROM experiment ";

CodeRecord read_code(Query const& row) {
  return {.name = row.text(0),
          .version = row.text(1),
          .code_uri = row.text(2),
          .description = row.text(3),
          .tags = to_map(row.text(4)),
          .properties = to_map(row.text(5)),
          .archived = row.number(6) != 0,
          .created = to_time(row.number(7))};
}

EnvironmentRecord read_environment(Query const& row) {
  return {.name = row.text(0),
          .version = row.text(1),
          .image = row.text(2),
          .conda_file = row.text(3),
          .build = row.text(4),
          .description = row.text(5),
          .tags = to_map(row.text(6)),
          .properties = to_map(row.text(7)),
          .anonymous = row.number(8) != 0,
          .archived = row.number(9) != 0,
          .created = to_time(row.number(10))};
}

std::optional<ExperimentRecord> read_experiment(Query& row) {
  if (!row.step()) return std::nullopt;
  return ExperimentRecord{.id = row.text(0), .name = row.text(1), .created = to_time(row.number(2))};
}

}  // namespace

std::optional<CodeRecord> Store::find_code(std::string const& name, std::string const& version) {
  auto row = state_->database.query(std::string(kCodeColumns) + "WHERE name = ? AND version = ?");
  if (!row.bind(name).bind(version).step()) return std::nullopt;
  return read_code(row);
}

std::optional<CodeRecord> Store::find_code_by_hash(std::string const& hash) {
  if (hash.empty()) return std::nullopt;
  auto row = state_->database.query(std::string(kCodeColumns) + "WHERE hash = ? AND hash <> '' ORDER BY id DESC LIMIT 1");
  if (!row.bind(hash).step()) return std::nullopt;
  return read_code(row);
}

std::vector<CodeRecord> Store::list_code_versions(std::string const& name) {
  auto row = state_->database.query(std::string(kCodeColumns) + "WHERE name = ? ORDER BY id DESC");
  row.bind(name);
  std::vector<CodeRecord> found;
  while (row.step()) found.push_back(read_code(row));
  return found;
}

bool Store::add_code(CodeRecord const& code) {
  auto& db = state_->database;
  auto const hash = code.properties.find("hash_sha256");
  db.query("INSERT INTO code (name, version, code_uri, description, tags, properties, hash, archived, created) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
      .bind(code.name)
      .bind(code.version)
      .bind(code.code_uri)
      .bind(code.description)
      .bind(to_text(code.tags))
      .bind(to_text(code.properties))
      .bind(hash == code.properties.end() ? std::string{} : hash->second)
      .bind(std::int64_t{code.archived})
      .bind(to_number(code.created))
      .run();
  return db.changes() == 1;
}

std::optional<EnvironmentRecord> Store::find_environment(std::string const& name, std::string const& version) {
  auto row = state_->database.query(std::string(kEnvironmentColumns) + "WHERE name = ? AND version = ?");
  if (!row.bind(name).bind(version).step()) return std::nullopt;
  return read_environment(row);
}

std::vector<EnvironmentRecord> Store::list_environment_versions(std::string const& name) {
  auto row = state_->database.query(std::string(kEnvironmentColumns) + "WHERE name = ? ORDER BY id DESC");
  row.bind(name);
  std::vector<EnvironmentRecord> found;
  while (row.step()) found.push_back(read_environment(row));
  return found;
}

bool Store::add_environment(EnvironmentRecord const& environment) {
  auto& db = state_->database;
  db.query("INSERT INTO environment (name, version, image, conda_file, build, description, tags, properties, anonymous, archived, created) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
      .bind(environment.name)
      .bind(environment.version)
      .bind(environment.image)
      .bind(environment.conda_file)
      .bind(environment.build)
      .bind(environment.description)
      .bind(to_text(environment.tags))
      .bind(to_text(environment.properties))
      .bind(std::int64_t{environment.anonymous})
      .bind(std::int64_t{environment.archived})
      .bind(to_number(environment.created))
      .run();
  return db.changes() == 1;
}

ExperimentRecord Store::ensure_experiment(std::string const& name) {
  if (auto found = find_experiment(name)) return *found;
  ExperimentRecord made{.id = base::new_uuid(), .name = name, .created = std::chrono::system_clock::now()};
  state_->database.query("INSERT INTO experiment (id, name, created) VALUES (?, ?, ?)")
      .bind(made.id)
      .bind(made.name)
      .bind(to_number(made.created))
      .run();
  return made;
}

std::optional<ExperimentRecord> Store::find_experiment(std::string const& name) {
  auto row = state_->database.query(std::string(kExperimentColumns) + "WHERE name = ?");
  return read_experiment(row.bind(name));
}

std::optional<ExperimentRecord> Store::find_experiment_by_id(std::string const& id) {
  auto row = state_->database.query(std::string(kExperimentColumns) + "WHERE id = ?");
  return read_experiment(row.bind(id));
}

}  // namespace azureml::engine::store
