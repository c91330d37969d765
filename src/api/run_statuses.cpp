#include "api/run_statuses.hpp"

#include "api/polling.hpp"

#include <utility>

namespace azureml::api {

std::map<std::string, std::string> query_statuses(WorkspaceState const& workspace, std::set<std::string> const& run_ids,
                                                  Context const& context) {
  Deadline const deadline(context, workspace.clock());
  std::map<std::string, std::string> found;
  std::string next;
  for (int number = 0; number < kStatusPagesMax; ++number) {
    auto page = rest::list_jobs(workspace.connection, next, {}, deadline.next("asking for the status of runs"));
    bool any = page.items.empty();  // an empty page with a continuation is not the end
    for (auto& job : page.items)
      if (!job.status.empty() && run_ids.contains(job.name))
        any = found.insert_or_assign(job.name, std::move(job.status)).second || any;
    next = std::move(page.next);
    if (found.size() == run_ids.size() || next.empty() || !any) break;
  }
  return found;
}

}  // namespace azureml::api
