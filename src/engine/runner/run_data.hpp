#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace azureml::engine::runner {

/// One data input of a run: where its bytes are, and how the script is to get them.
struct DataInput {
  enum class Kind { folder, file, web, text };
  std::string name{};
  Kind kind = Kind::folder;
  bool mount = false;     ///< Read-only at its place; else a copy that the script may change. Of folders and files.
  std::string address{};  ///< As the job has it. For messages; of a text what the script gets.
  std::string source{};   ///< Folder or file on this machine, or address on the web.
  friend bool operator==(DataInput const&, DataInput const&) = default;
};

/// One data output of a run: what the script leaves in its folder goes to a container of blobs.
struct DataOutput {
  enum class Kind { folder, file, text };
  std::string name{};
  Kind kind = Kind::folder;
  /// `azureml://datastores/…/paths/…` without a slash at its end; of a text what the script gets.
  std::string address{};
  std::string container{};  ///< Of the engine's own account.
  std::string directory{};  ///< The container's folder on this machine.
  std::string path{};       ///< Below the container; of a file its whole name. Empty: the container itself.
  std::string asset_name{}, asset_type{};  ///< Registered as a data asset; name empty: not.
  friend bool operator==(DataOutput const&, DataOutput const&) = default;
};

nlohmann::json to_json(DataInput const& input);
nlohmann::json to_json(DataOutput const& output);
/// @throws std::runtime_error naming the member that is missing or of the wrong kind
DataInput data_input_from(nlohmann::json const& object);
DataOutput data_output_from(nlohmann::json const& object);

/// Why a name cannot be a blob's, as the end of a sentence; empty when it can.
std::string blob_name_fault(std::string const& name);
/// The last step of a path or address, fit to be a file's name and to stand in double quotes of a shell; `data` when
/// nothing is left of it.
std::string local_file_name(std::string const& path);
/// True when a shell takes the text within double quotes as it is.
bool stands_in_quotes(std::string const& text) noexcept;

}  // namespace azureml::engine::runner
