#include "engine/store/store.hpp"

#include "base/encoding.hpp"
#include "engine/store/store_state.hpp"

#include <charconv>
#include <stdexcept>

namespace azureml::engine::store {
namespace {

constexpr char const* kColumns =
    "SELECT id, name, experiment, job_type, display_name, description, definition, tags, properties, archived, status, status_detail, "
    "cancel_requested, attempt_id, applied_seq, error, warnings, created, started, ended FROM job ";

std::optional<TimePoint> read_time(Query const& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return to_time(row.number(column));
}

JobRecord read_job(Query const& row) {
  return {.name = row.text(1),
          .experiment = row.text(2),
          .job_type = row.text(3),
          .display_name = row.text(4),
          .description = row.text(5),
          .definition = row.text(6),
          .tags = to_map(row.text(7)),
          .properties = to_map(row.text(8)),
          .archived = row.number(9) != 0,
          .status = row.text(10),
          .status_detail = row.text(11),
          .cancel_requested = row.number(12) != 0,
          .attempt_id = row.text(13),
          .applied_seq = static_cast<std::uint64_t>(row.number(14)),
          .error = row.text(15),
          .warnings = to_list(row.text(16)),
          .created = to_time(row.number(17)),
          .started = read_time(row, 18),
          .ended = read_time(row, 19)};
}

void bind_time(Query& query, std::optional<TimePoint> const& time) {
  if (time) {
    query.bind(to_number(*time));
  } else {
    query.bind_null();
  }
}

/// Where a page starts: after the job of this time of creation and row.
struct Position {
  std::int64_t created = 0, id = 0;
};

std::string to_token(Position position) {
  return base::to_base64url(std::to_string(position.created) + "." + std::to_string(position.id));
}

Position from_token(std::string const& token) {
  auto const text = base::from_base64url(token).value_or("");
  Position position;
  auto const* const end = text.data() + text.size();
  auto const first = std::from_chars(text.data(), end, position.created);
  if (first.ec == std::errc{} && first.ptr != end && *first.ptr == '.') {
    auto const second = std::from_chars(first.ptr + 1, end, position.id);
    if (second.ec == std::errc{} && second.ptr == end) return position;
  }
  throw std::invalid_argument("'" + token + "' is no continuation of a list of jobs");
}

std::optional<std::int64_t> find_id(Database& db, std::string const& name) {
  auto row = db.query("SELECT id FROM job WHERE name = ?");
  if (!row.bind(name).step()) return std::nullopt;
  return row.number(0);
}

void write_tags(Database& db, std::int64_t id, StringMap const& tags) {
  db.query("DELETE FROM job_tag WHERE job = ?").bind(id).run();
  for (auto const& [key, value] : tags) {
    db.query("INSERT INTO job_tag (job, key, value) VALUES (?, ?, ?)").bind(id).bind(key).bind(value).run();
  }
}

std::string where_clause(Store::JobFilter const& filter, bool continued) {
  std::string text = "WHERE 1";
  if (continued) text += " AND (created, id) < (?, ?)";
  if (!filter.experiment.empty()) text += " AND experiment = ?";
  if (!filter.job_type.empty()) text += " AND job_type = ?";
  if (filter.archived) text += " AND archived = ?";
  for (auto const& [key, value] : filter.tags) {
    text += value.empty() ? " AND id IN (SELECT job FROM job_tag WHERE key = ?)"
                          : " AND id IN (SELECT job FROM job_tag WHERE key = ? AND value = ?)";
  }
  return text;
}

/// Writes what `change` sets into `job`; false when its step is not allowed, with `job` unchanged.
bool merge(JobRecord& job, JobChange const& change) {
  if (change.status) {
    bool const stays = *change.status == job.status && !is_terminal(job.status);
    if (!stays && !allowed_step(job.status, *change.status)) return false;
    job.status = *change.status;
  }
  if (change.status_detail) job.status_detail = *change.status_detail;
  if (change.attempt_id) job.attempt_id = *change.attempt_id;
  if (change.error) job.error = *change.error;
  if (change.started) job.started = change.started;
  if (change.ended) job.ended = change.ended;
  job.warnings.insert(job.warnings.end(), change.add_warnings.begin(), change.add_warnings.end());
  return true;
}

void write_progress(Database& db, JobRecord const& job) {
  auto query = db.query(
      "UPDATE job SET status = ?, status_detail = ?, cancel_requested = ?, attempt_id = ?, applied_seq = ?, error = ?, warnings = ?, "
      "started = ?, ended = ? WHERE name = ?");
  query.bind(job.status)
      .bind(job.status_detail)
      .bind(std::int64_t{job.cancel_requested})
      .bind(job.attempt_id)
      .bind(static_cast<std::int64_t>(job.applied_seq))
      .bind(job.error)
      .bind(to_text(job.warnings));
  bind_time(query, job.started);
  bind_time(query, job.ended);
  query.bind(job.name).run();
}

}  // namespace

bool Store::add_job(JobRecord const& job) {
  auto& db = state_->database;
  Transaction transaction{db};
  {
    auto query = db.query(
        "INSERT INTO job (name, experiment, job_type, display_name, description, definition, tags, properties, archived, status, "
        "status_detail, cancel_requested, attempt_id, applied_seq, error, warnings, created, started, ended) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    query.bind(job.name).bind(job.experiment).bind(job.job_type).bind(job.display_name).bind(job.description).bind(job.definition);
    query.bind(to_text(job.tags)).bind(to_text(job.properties)).bind(std::int64_t{job.archived}).bind(job.status);
    query.bind(job.status_detail).bind(std::int64_t{job.cancel_requested}).bind(job.attempt_id);
    query.bind(static_cast<std::int64_t>(job.applied_seq)).bind(job.error).bind(to_text(job.warnings)).bind(to_number(job.created));
    bind_time(query, job.started);
    bind_time(query, job.ended);
    query.run();
  }
  if (db.changes() == 0) return false;
  write_tags(db, db.last_row_id(), job.tags);
  transaction.commit();
  return true;
}

std::optional<JobRecord> Store::find_job(std::string const& name) {
  auto row = state_->database.query(std::string(kColumns) + "WHERE name = ?");
  if (!row.bind(name).step()) return std::nullopt;
  return read_job(row);
}

Page<JobRecord> Store::list_jobs(JobFilter const& filter, std::string const& after, std::size_t limit) {
  if (filter.tags.size() > kFilterTagsMax) {
    throw std::invalid_argument("a list of jobs can be filtered by at most " + std::to_string(kFilterTagsMax) + " tags");
  }
  auto const size = page_size(limit);
  auto row = state_->database.query(kColumns + where_clause(filter, !after.empty()) + " ORDER BY created DESC, id DESC LIMIT ?");
  if (!after.empty()) {
    auto const position = from_token(after);
    row.bind(position.created).bind(position.id);
  }
  if (!filter.experiment.empty()) row.bind(filter.experiment);
  if (!filter.job_type.empty()) row.bind(filter.job_type);
  if (filter.archived) row.bind(std::int64_t{*filter.archived});
  for (auto const& [key, value] : filter.tags) {
    row.bind(key);
    if (!value.empty()) row.bind(value);
  }
  row.bind(static_cast<std::int64_t>(size) + 1);

  Page<JobRecord> page;
  Position last;
  while (row.step()) {
    if (page.items.size() == size) {
      page.next = to_token(last);
      break;
    }
    page.items.push_back(read_job(row));
    last = {row.number(17), row.number(0)};
  }
  return page;
}

void Store::update_job_labels(JobRecord const& job) {
  auto& db = state_->database;
  Transaction transaction{db};
  auto const id = find_id(db, job.name);
  if (!id) return;
  db.query("UPDATE job SET display_name = ?, description = ?, tags = ?, properties = ?, archived = ? WHERE id = ?")
      .bind(job.display_name)
      .bind(job.description)
      .bind(to_text(job.tags))
      .bind(to_text(job.properties))
      .bind(std::int64_t{job.archived})
      .bind(*id)
      .run();
  write_tags(db, *id, job.tags);
  transaction.commit();
}

std::vector<JobRecord> Store::unfinished_jobs() {
  auto row = state_->database.query(std::string(kColumns) +
                                    "WHERE status NOT IN ('Completed', 'Failed', 'Canceled') ORDER BY created, id");
  std::vector<JobRecord> found;
  while (row.step()) found.push_back(read_job(row));
  return found;
}

bool Store::apply_record(std::string const& name, std::uint64_t seq, JobChange const& change) {
  auto& db = state_->database;
  Transaction transaction{db};
  auto job = find_job(name);
  if (!job || seq <= job->applied_seq) return false;
  bool const applied = merge(*job, change);
  job->applied_seq = seq;
  write_progress(db, *job);
  transaction.commit();
  return applied;
}

bool Store::change_job(std::string const& name, JobChange const& change) {
  auto& db = state_->database;
  Transaction transaction{db};
  auto job = find_job(name);
  if (!job || !merge(*job, change)) return false;
  write_progress(db, *job);
  transaction.commit();
  return true;
}

void Store::request_cancel(std::string const& name) {
  auto& db = state_->database;
  Transaction transaction{db};
  auto job = find_job(name);
  if (!job || is_terminal(job->status)) return;
  job->cancel_requested = true;
  job->status = "CancelRequested";
  write_progress(db, *job);
  transaction.commit();
}

}  // namespace azureml::engine::store
