#include "engine/routes/run_lists.hpp"

#include "engine/routes/job_input.hpp"
#include "engine/routes/run_filter.hpp"
#include "engine/routes/run_reply.hpp"
#include "engine/routes/services.hpp"
#include "engine/routes/wire.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace azureml::engine::routes {
namespace {

constexpr std::size_t kPageDefault = 100, kPageMax = 1000;
/// Below this the rest of a page is left to the next request: the store is asked for as many as may still be taken.
constexpr std::size_t kWorthAsking = 20;

/// `createdUtc desc`, the one order of the store.
void check_order(json const& body) {
  auto const order = body.value("orderBy", json());
  auto const word = base::to_lower_ascii(order.is_array() && order.size() == 1 && order[0].is_string() ? order[0].get<std::string>()
                                         : order.is_string()                                          ? order.get<std::string>()
                                                                                                       : "");
  bool const given = !order.is_null() && !(order.is_array() && order.empty());
  if (given && word != "createdutc desc") throw bad_request("Runs are ordered by 'createdUtc desc' (orderBy); other orders are not supported yet.");
}

std::size_t page_size(json const& body) {
  auto const top = body.value("top", json());
  if (top.is_null()) return kPageDefault;
  if (!top.is_number_integer() || top.get<std::int64_t>() < 1) throw bad_request("The member 'top' must be a positive number.");
  return static_cast<std::size_t>(std::min<std::int64_t>(top.get<std::int64_t>(), kPageMax));
}

}  // namespace

store::Page<store::JobRecord> filtered_page(store::Store& store, std::string const& experiment, RunFilter const& filter, PageWish const& wish) {
  auto const size = wish.size;
  store::Page<store::JobRecord> page{.items = {}, .next = wish.after};
  std::size_t looked_at = 0;
  do {
    // A whole page of the store is taken or none of it, so that its end is the place to go on.
    auto found = store.list_jobs({.experiment = experiment, .job_type = {}, .tags = filter.needed_tags(), .archived = {}}, page.next, size - page.items.size());
    looked_at += found.items.size();
    page.next = found.next;
    for (auto& job : found.items)
      if (filter.passes(job)) page.items.push_back(std::move(job));
  } while (!page.next.empty() && looked_at < wish.looked_at_max && page.items.size() < size &&
           (page.items.empty() || size - page.items.size() >= kWorthAsking));
  return page;
}

Reply query_runs(Request const& request, Services& services) {
  auto const& experiment = parameter(request, "experiment");
  auto const body = request.body.empty() ? json::object() : parse_object(request);
  check_order(body);
  auto const filter = RunFilter::parse(text_member(body, "filter"));
  if (!services.store.find_experiment(experiment)) throw not_found("Experiment " + experiment + " not found.", {"NotFoundError"});
  try {
    auto const page = filtered_page(services.store, experiment, filter, {.after = text_member(body, "continuationToken"), .size = page_size(body)});
    json reply{{"value", json::array()}, {"continuationToken", page.next.empty() ? json() : json(page.next)}, {"nextLink", nullptr}};
    for (auto const& job : page.items) reply["value"].push_back(run_resource(job, services));
    return json_reply(200, reply);
  } catch (std::invalid_argument const& error) {
    throw bad_request(std::string(error.what()) + ".");
  }
}

}  // namespace azureml::engine::routes
