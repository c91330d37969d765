#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace azureml::engine::store {

class Database;

/// A prepared statement while it is used: bound, stepped, and reset when it goes out of scope. Parameters are bound in order.
class Query {
 public:
  Query(Query&&) = delete;
  ~Query();
  Query& bind(std::string_view text);
  Query& bind(std::int64_t number);
  Query& bind_null();
  bool step();               ///< True when there is a row. @throws std::runtime_error
  void run();                ///< Steps to the end; for statements without rows.
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  Query(Database& database, sqlite3_stmt* statement) noexcept : database_(database), statement_(statement) {}
  Database& database_;
  sqlite3_stmt* statement_;
  int next_ = 1;
};

/// One connection to one SQLite file. Each text of a statement is prepared once and kept; texts are literals or come from a small,
/// fixed set, so the cache is bounded by the program. One thread at a time.
class Database {
 public:
  enum class Access { read_write, read_only };
  /// Opens the file; to write, it is created when it does not exist. @throws std::runtime_error with one sentence naming it
  explicit Database(std::filesystem::path file, Access access = Access::read_write);
  ~Database();
  Database(Database const&) = delete;
  Database& operator=(Database const&) = delete;

  void execute(std::string const& sql);        ///< Any number of statements without parameters.
  [[nodiscard]] Query query(std::string const& sql);
  [[nodiscard]] std::int64_t pragma(std::string const& name);
  [[nodiscard]] int changes() const noexcept;  ///< Rows changed by the last statement.
  [[nodiscard]] std::int64_t last_row_id() const noexcept;
  [[nodiscard]] std::filesystem::path const& file() const noexcept { return file_; }
  [[noreturn]] void fail(int code) const;      ///< Says what went wrong, naming the file and what to do.

 private:
  struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  struct CloseDatabase {
    void operator()(sqlite3* database) const noexcept;
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, CloseDatabase> handle_{};
  std::map<std::string, std::unique_ptr<sqlite3_stmt, CloseStatement>> statements_{};
};

/// All or nothing: rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(Transaction const&) = delete;
  Transaction& operator=(Transaction const&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace azureml::engine::store
