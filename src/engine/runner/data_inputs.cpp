#include "engine/runner/data_inputs.hpp"

#include "base/encoding.hpp"
#include "base/redact.hpp"
#include "engine/runner/files.hpp"
#include "engine/runner/run_failure.hpp"
#include "engine/runner/web_fetch.hpp"

#include <fcntl.h>

#include <algorithm>
#include <exception>

namespace azureml::engine::runner {
namespace {

namespace fs = std::filesystem;
using Kind = DataInput::Kind;

[[noreturn]] void fail(DataInput const& input, std::string code, std::string const& reason) {
  throw RunFailure({.code = std::move(code),
                    .message = "The data of input '" + input.name + "' (" + base::redact_text(input.address) +
                               ") could not be brought to the run: " + reason,
                    .phase = "preparing"});
}

/// The address of a file on the web without what stands behind its path.
std::string path_of(std::string const& address) {
  auto const path = address.substr(0, address.find_first_of("?#"));
  auto const host = path.find("://");
  return host == std::string::npos || path.find('/', host + 3) == std::string::npos
             ? std::string{}
             : base::percent_decode(path).value_or(path);
}

class Preparation {
 public:
  Preparation(RunSpec const& spec, RunPaths const& paths, std::vector<std::string> const& environment,
              DataHost const& host)
      : spec_(spec), paths_(paths), environment_(environment), host_(host) {}

  PreparedData run() {
    if (spec_.data_inputs.empty() && spec_.data_outputs.empty()) return {};
    make_room();
    for (auto const& input : spec_.data_inputs) bring(input);
    mount_or_copy();
    for (auto const& output : spec_.data_outputs) open(output);
    return std::move(result_);
  }

 private:
  void make_room() const {
    auto const folder = paths_.data();
    if (!stands_in_quotes(folder.string()))
      throw RunFailure({.code = "RunPreparationFailed",
                        .message = "The run's data cannot be at '" + folder.string() +
                                   "': a script's command cannot name a path with a quotation mark, '$', '`', '\\' or "
                                   "a line break; move the engine's home.",
                        .phase = "preparing"});
    if (!remove_tree(folder))
      throw RunFailure({.code = "RunPreparationFailed",
                        .message = "'" + folder.string() + "' holds something that cannot be removed.",
                        .phase = "preparing"});
    for (auto const* part : {"in", "out"}) fs::create_directories(folder / part);
  }

  [[nodiscard]] fs::path place_of(DataInput const& input) const {
    auto const folder = paths_.data_input(input.name);
    if (input.kind == Kind::file) return folder / local_file_name(input.source);
    if (input.kind == Kind::web) return folder / local_file_name(path_of(input.source));
    return folder;
  }

  void bring(DataInput const& input) {
    if (input.kind == Kind::text) {
      result_.inputs[input.name] = input.address;
      return;
    }
    auto const place = place_of(input);
    result_.inputs[input.name] = place.string();
    try {
      check_source(input);
      if (input.kind == Kind::file || input.kind == Kind::web) fs::create_directory(place.parent_path());
      if (input.kind == Kind::web) {
        fetch(input, place);
      } else if (input.mount) {
        mounted_.push_back(&input);
      } else {
        copy(input, false);
      }
    } catch (RunFailure const& failure) {
      fail(input, failure.error().code, failure.error().message);
    } catch (std::exception const& error) {
      fail(input, "DataPreparationFailed", error.what());
    }
  }

  /// The engine has looked before the run was queued.
  void check_source(DataInput const& input) const {
    if (input.kind == Kind::web) return;
    std::error_code error;
    auto const status = fs::status(input.source, error);
    if (input.kind == Kind::file ? fs::is_regular_file(status) : fs::is_directory(status)) return;
    // A container without a blob may have no folder yet.
    if (input.kind == Kind::folder && status.type() == fs::file_type::not_found &&
        fs::create_directories(input.source, error))
      return;
    throw RunFailure({.code = "DataNotFound", .message = "it is not there any more.", .phase = "preparing"});
  }

  void fetch(DataInput const& input, fs::path const& place) {
    tell();
    fs::create_directories(paths_.scratch());
    fetch_from_web({.address = input.source,
                    .target = place,
                    .scratch = paths_.scratch(),
                    .python = spec_.python,
                    .environment = environment_},
                   host_.run_tool);
  }

  void copy(DataInput const& input, bool read_only) {
    tell();
    CopyOptions const options{.check = host_.check, .read_only = read_only};
    auto const place = place_of(input);
    if (input.kind == Kind::file) {
      copy_file(input.source, place, options);
    } else {
      copy_tree(input.source, place, options);
    }
  }

  void mount_or_copy() {
    if (mounted_.empty()) return;
    std::vector<ReadOnlyMount> mounts;
    for (auto const* input : mounted_) {
      auto const place = place_of(*input);
      if (input->kind == Kind::file) {
        base::open_file(place, O_WRONLY | O_CREAT | O_EXCL, 0400);
      } else {
        fs::create_directory(place);
      }
      mounts.push_back({input->source, place.string()});
    }
    result_.mount_way = spec_.mounts == "copy" ? MountWay::none : find_mount_way(mounts);
    result_.way = result_.mount_way == MountWay::none ? "copied" : "mounted";
    if (result_.mount_way != MountWay::none) {
      result_.mounts = std::move(mounts);
      return;
    }
    std::string names;
    for (auto const* input : mounted_) {
      names += (names.empty() ? "'" : ", '") + input->name + "'";
      remove_tree(place_of(*input));
      try {
        copy(*input, true);
      } catch (std::exception const& error) {
        fail(*input, "DataPreparationFailed", error.what());
      }
    }
    result_.notes.push_back("the data of " + names +
                            " was copied for this run: this machine does not let the engine mount it read-only");
  }

  void open(DataOutput const& output) {
    if (output.kind == DataOutput::Kind::text) {
      result_.outputs[output.name] = output.address;
      return;
    }
    auto const folder = paths_.data_output(output.name);
    fs::create_directory(folder);
    result_.outputs[output.name] =
        output.kind == DataOutput::Kind::file ? (folder / local_file_name(output.path)).string() : folder.string();
  }

  void tell() {
    if (!std::exchange(told_, true)) host_.progress("preparing data");
  }

  RunSpec const& spec_;
  RunPaths const& paths_;
  std::vector<std::string> const& environment_;
  DataHost const& host_;
  PreparedData result_{};
  std::vector<DataInput const*> mounted_{};
  bool told_ = false;
};

}  // namespace

PreparedData prepare_data(RunSpec const& spec, RunPaths const& paths, std::vector<std::string> const& environment,
                          DataHost const& host) {
  return Preparation(spec, paths, environment, host).run();
}

}  // namespace azureml::engine::runner
