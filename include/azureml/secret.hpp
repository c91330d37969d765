#pragma once
#include <azureml/fwd.hpp>

#include <filesystem>
#include <string>

namespace azureml {

/// A password or key. Never printed or logged; `to_json` writes where it comes from (`env:NAME`, `file:PATH`), a literal makes it throw
/// `ValidationError` naming the field.
class Secret {
 public:
  Secret() = default;
  static Secret from_env(std::string variable);
  static Secret from_file(std::filesystem::path path);  ///< One trailing newline of the file does not count.
  static Secret literal(std::string value);
  bool empty() const noexcept;          ///< Nothing was given. Does not look at the source.
  std::string reveal() const;           ///< Reads the source now. @throws Error naming the source when it is missing.
  std::string const& source() const noexcept { return source_; }  ///< `env:NAME`, `file:PATH`; empty for a literal.
  friend bool operator==(Secret const&, Secret const&);           ///< Same source; literals by value in constant time.

 private:
  std::string source_{}, value_{};
};

}  // namespace azureml
