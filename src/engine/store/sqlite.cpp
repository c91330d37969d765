#include "engine/store/sqlite.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace azureml::engine::store {
namespace {

/// How long SQLite waits for another process that holds the file, in milliseconds.
constexpr int kBusyTimeout = 200;

std::string sentence(std::filesystem::path const& file, int code, std::string const& words) {
  auto const name = "'" + file.string() + "'";
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "cannot use the store " + name + ": another process has it locked (" + words + "); end that process and try again";
    case SQLITE_FULL:
      return "cannot write to the store " + name + ": the disk is full (" + words + "); free some space and try again";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "cannot read the store " + name + ": the file is damaged or no store (" + words +
             "); restore it from a copy, or move it away to start with an empty one";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "cannot open the store " + name + ": " + words + "; see that its directory exists and may be written to";
    case SQLITE_IOERR:
      return "cannot read or write the store " + name + ": the disk reports an error (" + words + "); see that the disk is well and not full";
    default:
      return "cannot use the store " + name + ": " + words;
  }
}

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::string_view text) {
  auto const* data = text.data() != nullptr ? text.data() : "";
  auto const code = sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

Query& Query::bind(std::int64_t number) {
  auto const code = sqlite3_bind_int64(statement_, next_++, number);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

Query& Query::bind_null() {
  auto const code = sqlite3_bind_null(statement_, next_++);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

bool Query::step() {
  auto const code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Query::run() {
  while (step()) {
  }
}

std::string Query::text(int column) const {
  auto const* data = reinterpret_cast<char const*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t Query::number(int column) const { return sqlite3_column_int64(statement_, column); }
bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

void Database::CloseStatement::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
void Database::CloseDatabase::operator()(sqlite3* database) const noexcept { sqlite3_close(database); }

Database::Database(std::filesystem::path file, Access access) : file_(std::move(file)) {
  sqlite3* handle = nullptr;
  int const flags = access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  auto const code = sqlite3_open_v2(file_.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeout);
}

Database::~Database() = default;

void Database::execute(std::string const& sql) {
  auto const code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

Query Database::query(std::string const& sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* made = nullptr;
    auto const code = sqlite3_prepare_v3(handle_.get(), sql.c_str(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (code != SQLITE_OK) fail(code);
    statement.reset(made);
  }
  return Query(*this, statement.get());
}

std::int64_t Database::pragma(std::string const& name) {
  auto asked = query("PRAGMA " + name);
  return asked.step() ? asked.number(0) : 0;
}

int Database::changes() const noexcept { return sqlite3_changes(handle_.get()); }
std::int64_t Database::last_row_id() const noexcept { return sqlite3_last_insert_rowid(handle_.get()); }

void Database::fail(int code) const {
  std::string words = handle_ && sqlite3_errcode(handle_.get()) != SQLITE_OK ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  throw std::runtime_error(sentence(file_, code, words));
}

Transaction::Transaction(Database& database) : database_(database) { database_.query("BEGIN IMMEDIATE").run(); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.query("ROLLBACK").run();
  } catch (std::exception const&) {
    // SQLite has rolled back by itself (disk full, I/O error): nothing is open any more.
  }
}

void Transaction::commit() {
  database_.query("COMMIT").run();
  open_ = false;
}

}  // namespace azureml::engine::store
