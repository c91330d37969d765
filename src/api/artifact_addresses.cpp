#include "api/artifact_addresses.hpp"

#include "core/make_error.hpp"

#include <algorithm>

namespace azureml::api {

namespace {

constexpr std::size_t kKnownMax = 20'000;
constexpr std::size_t kAvailableMax = 50;
constexpr int kQuestionsMax = 2;  ///< To make a file, and then where the one that is there may be written.

}  // namespace

RunArtifacts artifacts_of(RunRecord const& run, Context const& context) {
  return {.workspace = run.workspace,
          .api = run.workspace->discovery->get(run.workspace->connection, context).api,
          .run_id = run.id};
}

void ArtifactAddresses::know(std::vector<rest::ArtifactAddress> const& addresses) {
  std::lock_guard const lock(mutex_);
  remember(addresses);
}

void ArtifactAddresses::remember(std::vector<rest::ArtifactAddress> const& addresses) {
  for (auto const& address : addresses) {
    if (address.uri.empty()) continue;
    if (known_.insert_or_assign(address.path, address.uri).second) eldest_.push_back(address.path);
    if (eldest_.size() <= kKnownMax) continue;
    known_.erase(eldest_.front());
    eldest_.pop_front();
  }
}

std::string ArtifactAddresses::blob(std::string_view name, std::string const& refused, Context const& context) {
  Question question{.name = std::string(name), .again = !refused.empty()};
  std::unique_lock lock(mutex_);
  for (int asked = 0; asked < kQuestionsMax;) {
    if (auto const known = known_.find(question.name); known != known_.end() && known->second != refused)
      return known->second;
    if (auto const refusal = refused_.find(question.name); refusal != refused_.end())
      question.refusal = refusal->second;
    auto const group = group_of(question);
    if (asking_.contains(group)) {
      if (!answered_.wait(lock, context.stop, [&] { return !asking_.contains(group); }))
        throw core::make_error<StoppedError>("stopped while asking for the address of file '" + question.name +
                                             "' of run '" + run_.run_id + "'");
      continue;
    }
    asking_.insert(group);
    lock.unlock();
    ++asked;
    rest::CreatedArtifacts answer;
    std::exception_ptr failure;
    try {
      answer = ask(question, context);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    asking_.erase(group);
    remember(answer.created);
    refused_.merge(answer.refused);
    answered_.notify_all();
    if (failure) std::rethrow_exception(failure);
    // The same one again is an answer, too: whoever is refused with it says why.
    for (auto const& address : answer.created)
      if (address.path == question.name) return address.uri;
  }
  throw core::make_error<TransportError>("cannot get the address of file '" + question.name + "' of run '" +
                                             run_.run_id + "': the service's answer has none; try again",
                                         {.retryable = true});
}

rest::CreatedArtifacts ReadableArtifacts::ask(Question const& question, Context const& context) {
  try {
    return {
        .created = {{.path = question.name,
                     .uri = rest::get_artifact_uri(run_.connection(), run_.api, run_.run_id, question.name, context)}}};
  } catch (NotFoundError const& error) {
    throw no_such_file(run_, "file '" + question.name + "'", &error, context);
  }
}

std::size_t WritableArtifacts::first_of_group(std::string const& name) const {
  auto const at = static_cast<std::size_t>(std::lower_bound(names_.begin(), names_.end(), name) - names_.begin());
  return at - at % rest::kArtifactBatchMax;
}

std::string WritableArtifacts::group_of(Question const& question) const {
  if (question.again || !question.refusal.empty()) return question.name;
  return "/" + std::to_string(first_of_group(question.name));  // no name begins so
}

rest::CreatedArtifacts WritableArtifacts::ask(Question const& question, Context const& context) {
  if (!question.again && question.refusal.empty()) {
    auto const first = names_.begin() + static_cast<std::ptrdiff_t>(first_of_group(question.name));
    auto const size =
        std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(rest::kArtifactBatchMax), names_.end() - first);
    return rest::create_artifacts(run_.connection(), run_.api, run_.run_id, {first, first + size}, context);
  }
  try {
    return {.created = {{.path = question.name,
                         .uri = rest::get_artifact_write_uri(run_.connection(), run_.api, run_.run_id, question.name,
                                                             context)}}};
  } catch (ServiceError const& error) {
    if (question.refusal.empty()) throw;
    throw core::make_error<ServiceError>(
        "cannot upload file '" + question.name + "' to run '" + run_.run_id + "': " + question.refusal,
        {.status = error.status(),
         .request_id = error.request_id(),
         .code = error.code(),
         .inner_code = error.inner_code(),
         .body = error.body()});
  }
}

NotFoundError no_such_file(RunArtifacts const& run, std::string const& what, NotFoundError const* cause,
                           Context const& context) {
  std::vector<std::string> available;
  std::string continuation;
  do {
    auto page = rest::list_artifacts(run.connection(), run.api, run.run_id, {}, continuation, context);
    for (auto& artifact : page.items) available.push_back(std::move(artifact.path));
    continuation = std::move(page.next);
  } while (!continuation.empty() && available.size() < kAvailableMax);
  if (available.size() > kAvailableMax) available.resize(kAvailableMax);
  std::string list;
  for (auto const& file : available) list += (list.empty() ? "" : ", ") + file;
  core::ErrorState state;
  if (cause)
    state = {.status = cause->status(),
             .request_id = cause->request_id(),
             .code = cause->code(),
             .inner_code = cause->inner_code(),
             .body = cause->body()};
  state.available = std::move(available);
  return core::make_error<NotFoundError>(
      "run '" + run.run_id + "' has no " + what + "; it has " + (list.empty() ? "none" : list), std::move(state));
}

}  // namespace azureml::api
