#include <azureml/run.hpp>

#include "api/states.hpp"
#include "core/make_error.hpp"
#include "http/deadline.hpp"
#include "snapshot/lowercase.hpp"

namespace azureml {

namespace {

/// JSON has no way to say other bytes: they would arrive as something else.
void check_text(std::vector<Fault>& faults, std::string const& field, std::string_view text) {
  if (!snapshot::is_valid_utf8(text)) faults.push_back({.field = field, .problem = "is not valid UTF-8", .remedy = "give text"});
}

void check_map(char const* field, std::map<std::string, std::string> const& map) {
  std::vector<Fault> faults;
  for (auto const& [key, value] : map) {
    auto const name = std::string(field) + "['" + key + "']";
    if (key.empty()) faults.push_back({.field = name, .problem = "has an empty key", .remedy = "give it a name"});
    if (!snapshot::is_valid_utf8(key)) {
      faults.push_back({.field = field, .problem = "has a key that is not valid UTF-8", .remedy = "give text"});
    } else {
      check_text(faults, name, value);
    }
  }
  if (!faults.empty()) throw core::validation_error(std::string("the run's ") + field, std::move(faults));
}

rest::RunAddress address_of(api::RunRecord const& run) { return {.experiment = run.experiment_name, .run_id = run.id}; }

void patch(api::RunRecord const& run, rest::RunPatch const& change, std::string const& doing, Context const& context) {
  auto const& workspace = *run.workspace;
  http::Deadline const deadline(context, workspace.clock());
  auto const discovery = workspace.discovery->get(workspace.connection, deadline.left());
  rest::patch_run(workspace.connection, discovery.api, address_of(run), change, doing + " run '" + run.id + "'", deadline.left());
}

}  // namespace

RunInfo Run::get_info(Context const& context) const {
  auto const& workspace = *state_->workspace;
  http::Deadline const deadline(context, workspace.clock());
  auto const discovery = workspace.discovery->get(workspace.connection, deadline.left());
  auto run = rest::get_run(workspace.connection, discovery.api, address_of(*state_), deadline.left());
  if (!run.status.empty()) state_->saw(RunStatus(run.status));
  return {.run_id = std::move(run.run_id),
          .experiment_name = experiment_name(),
          .display_name = std::move(run.display_name),
          .description = std::move(run.description),
          .type = std::move(run.type),
          .number = run.number,
          .parent_run_id = std::move(run.parent_run_id),
          .root_run_id = std::move(run.root_run_id),
          .created_utc = run.created,
          .is_archived = run.hidden,
          .tags = std::move(run.tags),
          .properties = std::move(run.properties)};
}

std::map<std::string, std::string> Run::get_tags(Context const& context) const { return get_info(context).tags; }

std::map<std::string, std::string> Run::get_properties(Context const& context) const { return get_info(context).properties; }

void Run::set_tags(std::map<std::string, std::string> const& tags, Context const& context) const {
  check_map("tags", tags);
  if (tags.empty()) return;
  patch(*state_, {.tags = tags}, "set tags of", context);
}

void Run::tag(std::string_view key, std::string_view value, Context const& context) const {
  set_tags({{std::string(key), std::string(value)}}, context);
}

void Run::remove_tags(std::vector<std::string> const& keys, Context const& context) const {
  std::map<std::string, std::string> wanted;
  for (auto const& key : keys) wanted.emplace(key, "");
  check_map("tags", wanted);
  if (keys.empty()) return;
  auto const& workspace = *state_->workspace;
  http::Deadline const deadline(context, workspace.clock());
  auto const discovery = workspace.discovery->get(workspace.connection, deadline.left());
  rest::delete_run_tags(workspace.connection, discovery.api, address_of(*state_), keys, deadline.left());
}

void Run::add_properties(std::map<std::string, std::string> const& properties, Context const& context) const {
  check_map("properties", properties);
  if (properties.empty()) return;
  patch(*state_, {.tags = {}, .properties = properties}, "add properties to", context);
}

void Run::set_display_name(std::string_view name, Context const& context) const {
  std::vector<Fault> faults;
  if (name.empty()) faults.push_back({.field = "display_name", .problem = "is empty", .remedy = "give the run's id to take a name away"});
  check_text(faults, "display_name", name);
  if (!faults.empty()) throw core::validation_error("the run's name", std::move(faults));
  patch(*state_, {.tags = {}, .properties = {}, .display_name = std::string(name)}, "set the display name of", context);
}

void Run::set_description(std::string_view description, Context const& context) const {
  std::vector<Fault> faults;
  check_text(faults, "description", description);
  if (!faults.empty()) throw core::validation_error("the run's description", std::move(faults));
  patch(*state_, {.tags = {}, .properties = {}, .display_name = {}, .description = std::string(description)}, "set the description of", context);
}

void Run::archive(Context const& context) const {
  patch(*state_, {.tags = {}, .properties = {}, .display_name = {}, .description = {}, .hidden = true}, "archive", context);
}

void Run::restore(Context const& context) const {
  patch(*state_, {.tags = {}, .properties = {}, .display_name = {}, .description = {}, .hidden = false}, "restore", context);
}

}  // namespace azureml
