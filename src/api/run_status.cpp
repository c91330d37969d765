#include <azureml/run.hpp>

#include <array>
#include <ostream>

namespace azureml {

namespace {

struct Word {
  std::string_view name;
  RunState state;
};
// The service's words. "Cancelled" has one l there; what is not in the list is kept as a word and means "still going".
constexpr std::array<Word, 13> kWords{{{"NotStarted", RunState::not_started},
                                       {"Queued", RunState::queued},
                                       {"Starting", RunState::starting},
                                       {"Provisioning", RunState::provisioning},
                                       {"Preparing", RunState::preparing},
                                       {"Running", RunState::running},
                                       {"Finalizing", RunState::finalizing},
                                       {"CancelRequested", RunState::cancel_requested},
                                       {"Completed", RunState::completed},
                                       {"Failed", RunState::failed},
                                       {"Canceled", RunState::canceled},
                                       {"NotResponding", RunState::not_responding},
                                       {"Paused", RunState::paused}}};

}  // namespace

RunStatus::RunStatus(std::string_view name) : state_(RunState::unknown), name_(name) {
  for (auto const& word : kWords)
    if (word.name == name) state_ = word.state;
}

std::ostream& operator<<(std::ostream& stream, RunStatus const& status) { return stream << status.name(); }

}  // namespace azureml
