#pragma once
#include "engine/routes/exchange.hpp"
#include "engine/store/store.hpp"

#include <cstddef>
#include <string>

namespace azureml::engine::routes {

/// The run of any of the three addressings; an experiment in the path must be the run's own. @throws ApiError 404
store::JobRecord find_run(Request const& request, Services& services);

class RunFilter;
struct PageWish {
  std::string after{};               ///< Where the page before has ended; empty: the first.
  std::size_t size = 0;
  std::size_t looked_at_max = 1000;  ///< About ten milliseconds of the store's thread.
};
/// Runs of an experiment that pass a filter, newest first. It looks at a bounded number of runs (the last page of the store's may exceed it):
/// a page may be short, or empty, and not the last one. @throws std::invalid_argument as the store does
store::Page<store::JobRecord> filtered_page(store::Store& store, std::string const& experiment, RunFilter const& filter, PageWish const& wish);
Reply query_runs(Request const& request, Services& services);

/// Display name, description, archiving; tags and properties are added. Properties cannot be changed.
Reply patch_run(Request const& request, Services& services);
/// The body's members become tags.
Reply patch_tags(Request const& request, Services& services);
/// The body is a list of keys, or an object with such a list as `tags`. Keys that are not there are left out.
Reply delete_tags(Request const& request, Services& services);

}  // namespace azureml::engine::routes
