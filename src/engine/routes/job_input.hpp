#pragma once
// From the body of a job's PUT to what is stored: reading, checking, refusing what cannot be run.
#include "engine/routes/exchange.hpp"
#include "engine/runner/resources.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace azureml::engine::routes {

/// A job as a client wants it. `definition` has the members that decide what runs, absent ones left out; labels stand apart.
struct WantedJob {
  std::string name{}, experiment{}, compute{};
  nlohmann::json definition{};
  std::optional<std::string> display_name{}, description{};
  std::optional<bool> archived{};
  store::StringMap tags{}, properties{};
};

/// Reads the body strictly. @throws ApiError 400
WantedJob read_job(Request const& request, std::string const& name);
/// Looks up code, environment and compute and writes their ids into the definition. @throws ApiError 400 when one does not exist
void resolve_references(WantedJob& job, store::Store& store, store::Identity const& identity);
/// @throws ApiError 400 naming each parameter the engine cannot serve yet, in the words of the user and of the wire
void refuse_unsupported(WantedJob const& job, store::Store& store, runner::Capacity const& capacity);
/// What the job's run takes of the machine. @throws ApiError 400 when a property cannot be read
runner::Resources wanted_resources(WantedJob const& job);

/// The members in which two jobs of one name must agree, in a form that can be compared: ids in one spelling, code by its content,
/// defaults filled in.
nlohmann::json canonical_definition(nlohmann::json const& definition, std::string const& experiment, store::Store& store);
/// The same for the properties that say what the run takes of the machine.
std::string differing_resources(store::StringMap const& existing, store::StringMap const& wanted);
/// `command: 'a' is not 'b'` for the first member that differs; empty when none does.
std::string first_difference(nlohmann::json const& existing, nlohmann::json const& wanted);

store::StringMap text_map(nlohmann::json const& object, char const* name);        ///< Absent and null: empty.
std::string text_member(nlohmann::json const& object, char const* name, std::string fallback = {});

}  // namespace azureml::engine::routes
