#include "rest/run_records.hpp"

#include "core/make_error.hpp"
#include "rest/requests.hpp"

#include <nlohmann/json.hpp>

namespace azureml::rest {

namespace {

/// As many as the Python SDK v1 asks for.
constexpr int kPageSize = 500;

std::string run_path(RunAddress const& run) {
  auto const experiment = run.experiment.empty() ? std::string{} : "/experiments/" + segment(run.experiment);
  return experiment + "/runs/" + segment(run.run_id);
}

std::string run_url(Connection const& connection, std::string const& api, RunAddress const& run,
                    std::string_view rest = {}) {
  return plane_url(connection, api, "history/v1.0", run_path(run) + std::string(rest));
}

RunResource read_run(Json const& record, std::string_view what) {
  RunResource run{.run_id = required(record, "runId", what),
                  .status = text(record, "status"),
                  .display_name = text(record, "displayName"),
                  .description = text(record, "description"),
                  .type = text(record, "runType"),
                  .parent_run_id = text(record, "parentRunId"),
                  .root_run_id = text(record, "rootRunId"),
                  .number = {},
                  .hidden = flag(record, "hidden"),
                  .tags = string_map(record, "tags"),
                  .properties = string_map(record, "properties"),
                  .created = time(record, "createdUtc")};
  if (auto const& number = member(record, "runNumber"); number.is_number_integer())
    run.number = number.get<std::int64_t>();
  return run;
}

Page<RunResource> read_page(Json const& answer, RunFilter const& filter, std::string const& continuation,
                            std::string_view what) {
  Page<RunResource> page{.next = text(answer, "continuationToken")};
  // Else a server that goes in a circle would be asked for ever.
  if (!page.next.empty() && page.next == continuation)
    throw core::make_error<TransportError>("cannot " + std::string(what) +
                                           ": the service named the same page as the next one");
  for (auto const& record : required_list(answer, "value", what)) {
    auto run = read_run(record, what);
    if (matches(filter, run)) page.items.push_back(std::move(run));
  }
  return page;
}

void add_query(std::string& url, std::string_view name, std::string_view value) {
  url += (url.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" + segment(value);
}

}  // namespace

RunResource get_run(Connection const& connection, std::string const& api, RunAddress const& run,
                    Context const& context) {
  auto const what = "get the record of run '" + run.run_id + "'";
  return read_run(exchange(connection, get_request(run_url(connection, api, run)), what, context), what);
}

RunResource patch_run(Connection const& connection, std::string const& api, RunAddress const& run,
                      RunPatch const& patch, std::string_view doing, Context const& context) {
  Json body = Json::object();
  if (!patch.tags.empty()) body["tags"] = patch.tags;
  if (!patch.properties.empty()) body["properties"] = patch.properties;
  if (patch.display_name) body["displayName"] = *patch.display_name;
  if (patch.description) body["description"] = *patch.description;
  if (patch.hidden) body["hidden"] = *patch.hidden;
  auto request = json_request("PATCH", run_url(connection, api, run), body);
  return read_run(exchange(connection, std::move(request), doing, context), doing);
}

void delete_run_tags(Connection const& connection, std::string const& api, RunAddress const& run,
                     std::vector<std::string> const& keys, Context const& context) {
  auto request = json_request("DELETE", run_url(connection, api, run, "/tags"), Json(keys));
  auto const what = "remove tags of run '" + run.run_id + "'";
  auto const response = send(connection, std::move(request), what, context);
  // The record, or nothing; a page of a proxy is neither.
  if (!response.body.empty()) parse_answer(response, what);
}

Page<RunResource> query_runs(Connection const& connection, std::string const& api, std::string const& experiment,
                             RunFilter const& filter, std::string const& continuation, Context const& context) {
  auto const what = "list the runs of experiment '" + experiment + "'";
  Json body{{"top", kPageSize}, {"orderBy", "createdUtc desc"}};
  if (auto expression = filter_text(filter); !expression.empty()) body["filter"] = std::move(expression);
  if (!continuation.empty()) body["continuationToken"] = continuation;
  auto const url =
      plane_url(connection, api, "history/v1.0", "/experiments/" + segment(experiment) + "/runs:query");
  return read_page(exchange(connection, json_request("POST", url, body), what, context), filter, continuation, what);
}

Page<RunResource> list_children(Connection const& connection, std::string const& api, std::string const& run_id,
                                RunFilter const& filter, std::string const& continuation, Context const& context) {
  auto const what = "list the children of run '" + run_id + "'";
  auto url = run_url(connection, api, {.experiment = {}, .run_id = run_id}, "/children");
  if (auto const expression = filter_text(filter); !expression.empty()) add_query(url, "$filter", expression);
  if (!continuation.empty()) add_query(url, "$continuationtoken", continuation);
  return read_page(exchange(connection, get_request(std::move(url)), what, context), filter, continuation, what);
}

}  // namespace azureml::rest
