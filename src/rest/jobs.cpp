#include "base/encoding.hpp"
#include "core/make_error.hpp"
#include "rest/requests.hpp"
#include "rest/rest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace azureml::rest {

namespace {

std::map<std::string, JobOutput> read_outputs(Json const& properties) {
  std::map<std::string, JobOutput> result;
  auto const& outputs = member(properties, "outputs");
  if (!outputs.is_object()) return result;
  for (auto const& [name, output] : outputs.items())
    result[name] = {.type = text(output, "jobOutputType"), .uri = text(output, "uri")};
  return result;
}

Job read_job(Json const& resource, std::string_view what) {
  auto const& properties = member(resource, "properties");
  return {.id = text(resource, "id"),
          .name = required(resource, "name", what),
          .type = text(properties, "jobType"),
          .status = text(properties, "status"),
          .experiment_name = text(properties, "experimentName"),
          .display_name = text(properties, "displayName"),
          .description = text(properties, "description"),
          .compute_id = text(properties, "computeId"),
          .studio_url = text(member(member(properties, "services"), "Studio"), "endpoint"),
          .code_id = text(properties, "codeId"),
          .parent = text(properties, "parentJobName"),
          .archived = flag(properties, "isArchived"),
          .tags = string_map(properties, "tags"),
          .properties = string_map(properties, "properties"),
          .outputs = read_outputs(properties),
          .created = time(member(resource, "systemData"), "createdAt")};
}

std::string job_path(std::string const& name) {
  return "/jobs/" + segment(name);
}

bool has_tag(Job const& job, std::string const& tag) {
  auto const equals = tag.find('=');
  auto const found = job.tags.find(tag.substr(0, equals));
  return found != job.tags.end() && (equals == std::string::npos || found->second == tag.substr(equals + 1));
}

/// The link is the service's and is followed as it is, but it does not lead the token out of TLS.
void check_next(Connection const& connection, std::string const& next, std::string_view what) {
  auto const is_secure = [](std::string const& url) { return base::equal_ignoring_case(url.substr(0, 8), "https://"); };
  if (is_secure(connection.resource_manager) && !is_secure(next)) {
    throw core::make_error<TransportError>("cannot " + std::string(what) +
                                           ": the next page is said to be at an address without TLS");
  }
}

}  // namespace

Job put_command_job(Connection const& connection, std::string const& name, core::JobDefinition const& job,
                    JobIds const& ids, JobLabels const& labels, Context const& context) {
  auto const what = "submit run '" + name + "'" +
                    (labels.experiment_name.empty() ? "" : " to experiment '" + labels.experiment_name + "'");
  http::Request request{.method = "PUT",
                        .url = arm_url(connection, job_path(name)),
                        .headers = {{"Content-Type", "application/json"}},
                        .body = command_job_body(connection, job, ids, labels),
                        .idempotent = true};
  return read_job(exchange(connection, std::move(request), what, context), what);
}

Job get_job(Connection const& connection, std::string const& name, Context const& context) {
  auto const what = "get run '" + name + "'";
  return read_job(exchange(connection, get_request(arm_url(connection, job_path(name))), what, context), what);
}

Page<Job> list_jobs(Connection const& connection, std::string const& next, std::vector<std::string> const& tags,
                    Context const& context) {
  return query_jobs(connection, next, {.tags = tags}, context);
}

Page<Job> query_jobs(Connection const& connection, std::string const& next, JobQuery const& query,
                     Context const& context) {
  constexpr std::string_view kWhat = "list the runs";
  auto const& tags = query.tags;
  auto url = next;
  if (url.empty()) {
    std::vector<std::pair<std::string, std::string>> asked{{"listViewType", query.view}};
    if (!query.type.empty()) asked.emplace_back("jobType", query.type);
    // The service takes one; the others are looked for here.
    if (!tags.empty()) asked.emplace_back("tag", tags.front());
    url = arm_url(connection, "/jobs", asked);
  } else {
    check_next(connection, url, kWhat);
  }
  auto const answer = exchange(connection, get_request(url), kWhat, context);
  Page<Job> page{.next = text(answer, "nextLink")};
  for (auto const& resource : required_list(answer, "value", kWhat)) {
    auto job = read_job(resource, kWhat);
    if (std::all_of(tags.begin(), tags.end(), [&](auto const& tag) { return has_tag(job, tag); }))
      page.items.push_back(std::move(job));
  }
  return page;
}

void cancel_job(Connection const& connection, std::string const& name, Context const& context) {
  http::Request request{.method = "POST", .url = arm_url(connection, job_path(name) + "/cancel"), .idempotent = true};
  send(connection, std::move(request), "cancel run '" + name + "'", context);
}

}  // namespace azureml::rest
