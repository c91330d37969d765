#include <azureml/run_monitor.hpp>

#include "api/polling.hpp"
#include "api/run_statuses.hpp"
#include "core/make_error.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace azureml {

namespace {

/// How long an engine holds the question about one run while the others are not looked at.
constexpr std::chrono::milliseconds kHold{1000};

/// Waits for many runs on the calling thread, until enough of them are terminal.
class ManyRuns {
 public:
  ManyRuns(std::vector<Run> const& runs, Context const& context)
      : clock_(detail::Access::state(runs.front()).workspace->clock()),
        deadline_(context, clock_),
        details_(runs.size()) {
    for (auto const& run : runs) records_.push_back(&detail::Access::state(run));
  }

  /// One details record a run; those of runs that are not terminal are empty.
  std::vector<std::optional<RunDetails>> wait(bool all) {
    auto const started = clock_.steady_now();
    auto const curve = api::PollingCurve::from_environment();
    for (;;) {
      look();
      auto const ended = static_cast<std::size_t>(
          std::count_if(details_.begin(), details_.end(), [](auto const& d) { return d.has_value(); }));
      if (ended == details_.size() || (!all && ended > 0)) return std::move(details_);
      auto const first =
          static_cast<std::size_t>(std::find(details_.begin(), details_.end(), std::nullopt) - details_.begin());
      auto const& run = *records_[first];
      auto const discovery = run.workspace->discovery->get(run.workspace->connection, deadline_.next(what_));
      if (discovery.follow_wait && *discovery.follow_wait > std::chrono::milliseconds::zero())
        keep(first, api::fetch_details(run, deadline_.next(what_),
                                       rest::Hold{.known_status = run.seen().name(),
                                                  .wait = std::min(*discovery.follow_wait, kHold)}));
      else
        deadline_.wait(curve.interval(clock_.steady_now() - started), what_);
    }
  }

 private:
  using Group = std::map<std::string, std::vector<std::size_t>>;  ///< Run id → places; one run may be given twice.

  /// Looks at all runs that are not known to be terminal.
  void look() {
    std::map<api::WorkspaceState const*, Group> groups;
    for (std::size_t i = 0; i < records_.size(); ++i)
      if (!details_[i]) groups[records_[i]->workspace.get()][records_[i]->id].push_back(i);
    for (auto const& [workspace, group] : groups) {
      std::map<std::string, std::string> words;
      if (group.size() > 1) {
        std::set<std::string> ids;
        for (auto const& [id, places] : group) ids.insert(id);
        words = api::query_statuses(*workspace, ids, deadline_.next(what_));
      }
      for (auto const& [id, places] : group) {
        auto const word = words.find(id);
        if (word != words.end() && !RunStatus(word->second).is_terminal()) continue;
        auto const details = api::fetch_details(*records_[places.front()], deadline_.next(what_));
        for (auto const place : places) keep(place, details);
      }
    }
  }

  void keep(std::size_t place, RunDetails details) {
    if (details.status.is_terminal()) details_[place] = std::move(details);
  }

  std::string const what_ = "waiting for several runs";
  base::Clock& clock_;
  api::Deadline deadline_;
  std::vector<api::RunRecord const*> records_{};
  std::vector<std::optional<RunDetails>> details_;
};

}  // namespace

std::vector<RunDetails> wait_all(std::vector<Run> const& runs, Context const& context) {
  std::vector<RunDetails> result;
  if (runs.empty()) return result;
  for (auto& details : ManyRuns(runs, context).wait(true)) result.push_back(std::move(*details));
  return result;
}

std::size_t wait_any(std::vector<Run> const& runs, Context const& context) {
  if (runs.empty())
    throw core::validation_error("waiting for one of several runs",
                                 {{.field = "runs", .problem = "is empty", .remedy = "give at least one run"}});
  auto const details = ManyRuns(runs, context).wait(false);
  return static_cast<std::size_t>(
      std::find_if(details.begin(), details.end(), [](auto const& d) { return d.has_value(); }) - details.begin());
}

}  // namespace azureml
