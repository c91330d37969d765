#include "engine/store/store.hpp"

#include "engine/store/store_state.hpp"

namespace azureml::engine::store {
namespace {

/// How addresses name what a run has left.
std::vector<std::string> marks_of(std::string const& job) {
  return {"ExperimentRun/dcid." + job + "/", "/jobs/" + job + "/outputs/", "runs:/" + job + "/"};
}

}  // namespace

std::string Store::user_of_job(std::string const& name) {
  auto& db = state_->database;
  for (auto const& mark : marks_of(name)) {
    auto asset = db.query("SELECT name, version FROM data WHERE instr(uri, ?) > 0 LIMIT 1");
    if (asset.bind(mark).step()) return "the data asset '" + asset.text(0) + "', version '" + asset.text(1) + "'";
    auto job = db.query("SELECT name FROM job WHERE status NOT IN ('Completed', 'Failed', 'Canceled') AND name <> ? AND instr(definition, ?) > 0 LIMIT 1");
    if (job.bind(name).bind(mark).step()) return "the run '" + job.text(0) + "', which has not ended";
  }
  return {};
}

bool Store::remove_job(std::string const& name) {
  auto& db = state_->database;
  Transaction transaction{db};
  auto const id = [&]() -> std::optional<std::int64_t> {
    auto row = db.query("SELECT id FROM job WHERE name = ? AND status IN ('Completed', 'Failed', 'Canceled')");
    if (!row.bind(name).step()) return std::nullopt;
    return row.number(0);
  }();
  if (!id) return false;
  auto const prefix = "ExperimentRun/dcid." + name + "/";
  for (auto const* const table : {"blob_blocks", "blob"}) {
    db.query(std::string("DELETE FROM ") + table + " WHERE container = 'azureml' AND name >= ? AND name < ?")
        .bind(prefix)
        .bind(prefix + '\xff')
        .run();
  }
  db.query("DELETE FROM job_tag WHERE job = ?").bind(*id).run();
  db.query("DELETE FROM job WHERE id = ?").bind(*id).run();
  transaction.commit();
  return true;
}

bool Store::is_code_used(std::string const& name, std::string const& version, std::string const& container) {
  auto& db = state_->database;
  // A job may name a code in several ways and an input may be an address: whatever holds one of the names counts as a use.
  auto job = db.query("SELECT 1 FROM job WHERE instr(definition, ?) > 0 OR instr(definition, ?) > 0 LIMIT 1");
  if (job.bind(name).bind(container).step()) return true;
  auto code = db.query("SELECT 1 FROM code WHERE instr(code_uri, ?) > 0 AND NOT (name = ? AND version = ?) LIMIT 1");
  if (code.bind(container).bind(name).bind(version).step()) return true;
  auto data = db.query("SELECT 1 FROM data WHERE instr(uri, ?) > 0 LIMIT 1");
  if (data.bind(container).step()) return true;
  auto datastore = db.query("SELECT 1 FROM datastore WHERE container = ? LIMIT 1");
  return datastore.bind(container).step();
}

bool Store::remove_unused_code(std::string const& name, std::string const& version, std::string const& container) {
  auto& db = state_->database;
  Transaction transaction{db};
  if (is_code_used(name, version, container)) return false;
  db.query("DELETE FROM code WHERE name = ? AND version = ?").bind(name).bind(version).run();
  if (db.changes() == 0) return false;
  for (auto const* const table : {"blob_blocks", "blob"}) db.query(std::string("DELETE FROM ") + table + " WHERE container = ?").bind(container).run();
  db.query("DELETE FROM container WHERE name = ?").bind(container).run();
  transaction.commit();
  return true;
}

}  // namespace azureml::engine::store
