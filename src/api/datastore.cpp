#include <azureml/datastore.hpp>

#include "api/polling.hpp"
#include "api/register_datastore.hpp"
#include "api/states.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace azureml {

namespace {

using Json = nlohmann::ordered_json;

/// As Python shows a datastore.
Json description(Datastore const& datastore) {
  return {{"name", datastore.name()},
          {"container_name", datastore.container_name()},
          {"account_name", datastore.account_name()},
          {"protocol", datastore.protocol()},
          {"endpoint", datastore.endpoint()}};
}

std::string text_of(Json const& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string const& Datastore::name() const noexcept {
  return state_->resource.name;
}
std::string const& Datastore::type() const noexcept {
  return state_->resource.type;
}
std::string const& Datastore::account_name() const noexcept {
  return state_->resource.account_name;
}
std::string const& Datastore::container_name() const noexcept {
  return state_->resource.container_name;
}
std::string const& Datastore::protocol() const noexcept {
  return state_->resource.protocol;
}
std::string const& Datastore::endpoint() const noexcept {
  return state_->resource.endpoint;
}
std::string const& Datastore::credential_type() const noexcept {
  return state_->resource.credential_type;
}
bool Datastore::is_default() const noexcept {
  return state_->resource.is_default;
}

void Datastore::set_as_default(Context const& context) const {
  api::make_default(state_->workspace, name(), context);
}

void Datastore::unregister(Context const& context) const {
  rest::delete_datastore(state_->workspace->connection, name(), context);
}

std::ostream& operator<<(std::ostream& stream, Datastore const& datastore) {
  return stream << text_of(description(datastore), -1);
}

std::string to_json(Datastore const& datastore, int indent) {
  auto json = description(datastore);
  json["type"] = datastore.type();
  json["credential_type"] = datastore.credential_type();
  json["is_default"] = datastore.is_default();
  return text_of(json, indent);
}

}  // namespace azureml
