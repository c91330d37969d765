#pragma once
#include "core/faults.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace azureml::core {

/// Reads the members of one JSON object into values. Each member of the wrong kind and each that was never asked for is
/// a fault, under its full name. One object, one reader; `finish` at the end.
class JsonReader {
 public:
  using Json = nlohmann::ordered_json;
  JsonReader(Json const& object, std::string path, Faults& faults);

  void read(char const* name, std::string& to);
  void read(char const* name, std::filesystem::path& to);
  void read(char const* name, int& to);
  void read(char const* name, bool& to);
  void read(char const* name, std::vector<std::string>& to);
  void read(char const* name, std::vector<int>& to);
  void read(char const* name, std::map<std::string, std::string>& to);
  /// The member, or nullptr when it is not there or, for the latter two, of another kind.
  Json const* find(char const* name);
  Json const* find_object(char const* name);
  Json const* find_array(char const* name);
  std::string path_of(std::string const& name) const { return path_.empty() ? name : path_ + "." + name; }
  void complain(std::string const& name, std::string const& expected) const;
  /// Adds a fault for each member that no call has asked for.
  void finish() const;

 private:
  Json const& object_;
  std::string path_;
  Faults& faults_;
  std::set<std::string> known_{};
  static Json const& none();
};

/// The value of a whole number within int64; nothing for any other.
std::optional<std::int64_t> whole_number(JsonReader::Json const& value);

}  // namespace azureml::core
