#include "core/make_error.hpp"

#include "core/access.hpp"

namespace azureml::core {
namespace {

// A message is one sentence for people; programs take `faults()`, which has all of them.
constexpr std::size_t kFaultsInMessageMax = 20;

std::string describe(Fault const& fault) {
  auto text = fault.field.empty() ? fault.problem : fault.field + ": " + fault.problem;
  if (!fault.remedy.empty()) text += " (" + fault.remedy + ")";
  return text;
}

}  // namespace

template <class E>
E make_error(std::string const& message, ErrorState state) {
  return detail::Access::error<E>(message, std::make_shared<ErrorState const>(std::move(state)));
}

template Error make_error<Error>(std::string const&, ErrorState);
template ValidationError make_error<ValidationError>(std::string const&, ErrorState);
template AuthenticationError make_error<AuthenticationError>(std::string const&, ErrorState);
template TransportError make_error<TransportError>(std::string const&, ErrorState);
template EngineError make_error<EngineError>(std::string const&, ErrorState);
template FileError make_error<FileError>(std::string const&, ErrorState);
template StoppedError make_error<StoppedError>(std::string const&, ErrorState);
template ServiceError make_error<ServiceError>(std::string const&, ErrorState);
template NotFoundError make_error<NotFoundError>(std::string const&, ErrorState);
template RunFailedError make_error<RunFailedError>(std::string const&, ErrorState);
template RunCanceledError make_error<RunCanceledError>(std::string const&, ErrorState);

ValidationError validation_error(std::string const& subject, std::vector<Fault> faults) {
  auto message = subject;
  for (std::size_t index = 0; index < faults.size() && index < kFaultsInMessageMax; ++index) {
    message += (index == 0 ? ": " : "; ") + describe(faults[index]);
  }
  if (faults.size() > kFaultsInMessageMax) {
    message += "; and " + std::to_string(faults.size() - kFaultsInMessageMax) + " more";
  }
  return make_error<ValidationError>(message, {.faults = std::move(faults)});
}

}  // namespace azureml::core
