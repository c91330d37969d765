#include "engine/routes/job_data.hpp"

#include "engine/routes/data_places.hpp"
#include "engine/routes/data_references.hpp"
#include "engine/routes/wire.hpp"

#include <array>
#include <utility>

namespace azureml::engine::routes {
namespace {

using runner::DataUri;
using Words = std::pair<std::string_view, char const*>;

/// Every spelling of the modes that this engine has; others are refused by name later.
constexpr std::array<Words, 5> kInputModes{{{"readonlymount", "ReadOnlyMount"},
                                            {"ro_mount", "ReadOnlyMount"},
                                            {"mount", "ReadOnlyMount"},
                                            {"download", "Download"},
                                            {"direct", "Direct"}}};
constexpr std::array<Words, 5> kOutputModes{{{"readwritemount", "ReadWriteMount"},
                                             {"rw_mount", "ReadWriteMount"},
                                             {"mount", "ReadWriteMount"},
                                             {"upload", "Upload"},
                                             {"direct", "Direct"}}};

template <std::size_t N>
void set_mode(json& data, std::array<Words, N> const& modes) {
  auto const sent = base::to_lower_ascii(text_member(data, "mode", std::string(modes.front().first)));
  for (auto const& [word, mode] : modes) {
    if (word == sent) data["mode"] = mode;
  }
}

constexpr char kOutputPlace[] = "azureml://datastores/${{default_datastore}}/paths/azureml/${{name}}/${{output_name}}/";

bool is_literal(json const& input) {
  return base::equal_ignoring_case(text_member(input, "jobInputType"), "literal");
}

class Faults {
 public:
  /// `fault`: the end of the sentence.
  void add(std::string const& kind, std::string const& name, std::string const& fault) {
    if (fault.empty()) return;
    error_.details.emplace_back("BadArgument",
                                "The data " + kind + " '" + name + "' (" + kind + "s." + name + ") " + fault + ".");
  }
  void finish() {
    if (error_.details.empty()) return;
    error_.message = error_.details.front().second;
    if (error_.details.size() > 1) {
      error_.message += " " + std::to_string(error_.details.size() - 1) +
                        " more of the job's inputs and outputs are refused too; the details name them.";
    }
    error_.inner = {"BadArgument"};
    throw error_;
  }

 private:
  ApiError error_{};
};

/// Data that the script reaches by itself may be anywhere; a data asset must exist, for its address is what the script
/// gets.
std::string fault_of_input(json const& input, std::string const& sent, store::Store& store,
                           store::Identity const& identity) {
  if (sent.empty()) return "has no uri: where its data is";
  if (text_member(input, "mode") != "Direct") return fault_of_source(sent, store, identity);
  auto const uri = runner::parse_data_uri(sent);
  return uri && uri->kind != DataUri::Kind::asset ? std::string{} : fault_of_source(sent, store, identity);
}

std::string fault_of_output(json const& output, store::Store& store, store::Identity const& identity) {
  if (auto const asset = text_member(output, "assetName"); !asset.empty() && !is_asset_name(asset)) {
    return "is to be registered as '" + asset +
           "', which is no name of a data asset: it must begin with a letter or digit and go on with letters, "
           "digits, '-', '_' and '.'";
  }
  return fault_of_target(text_member(output, "uri"), store, identity);
}

/// The words for which an output's address may have places.
std::string filled_in(std::string address, std::string const& job, std::string const& output,
                      std::string const& datastore) {
  for (auto const& [word, value] : {std::pair("${{name}}", &job), std::pair("${{output_name}}", &output),
                                    std::pair("${{default_datastore}}", &datastore)}) {
    for (auto at = address.find(word); at != std::string::npos; at = address.find(word, at + value->size())) {
      address.replace(at, std::string_view(word).size(), *value);
    }
  }
  return address;
}

/// A data asset stands for the version it has now, also when the run starts later.
void pin_asset(json& input, store::Store& store) {
  auto const uri = runner::parse_data_uri(input.at("uri").get<std::string>());
  if (!uri || uri->kind != DataUri::Kind::asset) return;
  if (auto const data = find_data(store, *uri)) input["uri"] = data_id(data->name, data->version);
}

json shown(json values) {
  for (auto& value : values) {
    value.erase("uriSent");
    if (!value.contains("description")) value["description"] = nullptr;
  }
  return values;
}

std::string asset_id(std::string const& name, std::string const& version, store::Identity const& identity) {
  return "azureml://locations/local/workspaces/" + identity.workspace_id + "/data/" + name + "/versions/" + version;
}

json run_data(std::string const& words, std::string const& job, json const& values, char const* type,
              store::Identity const& identity) {
  json result = json::object();
  for (auto const& [name, value] : values.items()) {
    if (is_literal(value)) continue;
    auto const uri = runner::parse_data_uri(text_member(value, "uri"));
    auto const id = uri && uri->kind == DataUri::Kind::asset ? asset_id(uri->name, uri->version, identity)
                                                             : asset_id("azureml_" + job + words + name, "1", identity);
    // The clients compare with the resource manager's spelling.
    result[name] = {{"assetId", id}, {"type", base::to_lower_ascii(text_member(value, type))}};
  }
  return result;
}

bool same_place(json const& before, json const& now) {
  auto const sent = [](json const& value) { return text_member(value, "uriSent"); };
  auto const uri = [](json const& value) { return canonical_address(text_member(value, "uri")); };
  return uri(before) == uri(now) ||
         (before.contains("uriSent") && now.contains("uriSent") && sent(before) == sent(now));
}

}  // namespace

void resolve_data(WantedJob& job, store::Store& store, store::Identity const& identity) {
  Faults faults;
  if (job.definition.contains("inputs")) {
    for (auto const& [name, input] : job.definition.at("inputs").items()) {
      if (is_literal(input)) continue;
      set_mode(input, kInputModes);
      auto const sent = text_member(input, "uri");
      faults.add("input", name, fault_of_input(input, sent, store, identity));
      input["uri"] = input["uriSent"] = sent;
      pin_asset(input, store);
    }
  }
  if (job.definition.contains("outputs")) {
    for (auto const& [name, output] : job.definition.at("outputs").items()) {
      set_mode(output, kOutputModes);
      auto const sent = text_member(output, "uri");
      output["uriSent"] = sent;
      auto const& address = sent.empty() ? std::string(kOutputPlace) : sent;
      output["uri"] = filled_in(address, job.name, name, default_datastore(store));
      faults.add("output", name, fault_of_output(output, store, identity));
    }
  }
  faults.finish();
}

json shown_inputs(json const& definition) {
  return shown(definition.value("inputs", json::object()));
}

json shown_outputs(json const& definition) {
  auto outputs = shown(definition.value("outputs", json::object()));
  for (auto& output : outputs) {
    if (!output.contains("assetName")) output["assetName"] = nullptr;
  }
  return outputs;
}

json run_inputs(store::JobRecord const& job, json const& definition, store::Identity const& identity) {
  return run_data("_input_data_", job.name, definition.value("inputs", json::object()), "jobInputType", identity);
}

json run_outputs(store::JobRecord const& job, json const& definition, store::Identity const& identity) {
  return run_data("_output_data_", job.name, definition.value("outputs", json::object()), "jobOutputType", identity);
}

std::string differing_data(char const* map, json const& before, json const& now) {
  auto const kind = std::string(map).substr(0, std::string_view(map).size() - 1);
  auto const named = [&](std::string const& name) {
    return "the " + kind + " '" + name + "' (" + map + "." + name + ")";
  };
  for (auto const& [name, value] : now.items()) {
    if (!before.contains(name)) return named(name) + " is new here";
    auto there = before.at(name), here = value;
    if (!same_place(there, here)) return named(name) + " has another uri";
    for (auto* each : {&there, &here}) {
      each->erase("uri");
      each->erase("uriSent");
    }
    if (there == here) continue;
    for (auto const* member : {"jobInputType", "jobOutputType", "mode", "value"}) {
      if (there.value(member, json()) != here.value(member, json())) return named(name) + " has another " + member;
    }
    return named(name) + " is another one";
  }
  for (auto const& [name, value] : before.items()) {
    if (!now.contains(name)) return named(name) + " is missing here";
  }
  return {};
}

}  // namespace azureml::engine::routes
