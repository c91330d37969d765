#include <azureml/error.hpp>

#include "core/make_error.hpp"

#include <type_traits>

namespace azureml {

static_assert(std::is_nothrow_copy_constructible_v<Error> && std::is_nothrow_copy_constructible_v<NotFoundError> &&
                  std::is_nothrow_copy_constructible_v<RunFailedError>,
              "an exception that throws while it is copied ends the program");

namespace {

core::ErrorState const& view(std::shared_ptr<void const> const& state) noexcept {
  // Never destroyed: an error may outlive the end of main.
  static core::ErrorState const& kEmpty = *new core::ErrorState;
  return state ? *static_cast<core::ErrorState const*>(state.get()) : kEmpty;
}

}  // namespace

bool Error::retryable() const noexcept {
  return view(state_).retryable;
}
std::string const& Error::request_id() const noexcept {
  return view(state_).request_id;
}
std::vector<Fault> const& ValidationError::faults() const noexcept {
  return view(state_).faults;
}
bool StoppedError::timed_out() const noexcept {
  return view(state_).timed_out;
}
int ServiceError::status() const noexcept {
  return view(state_).status;
}
std::string const& ServiceError::code() const noexcept {
  return view(state_).code;
}
std::string const& ServiceError::inner_code() const noexcept {
  return view(state_).inner_code;
}
std::string const& ServiceError::body() const noexcept {
  return view(state_).body;
}
std::vector<std::string> const& NotFoundError::available() const noexcept {
  return view(state_).available;
}
RunFailure const& RunFailedError::failure() const noexcept {
  return view(state_).failure;
}
std::string const& RunFailedError::run_id() const noexcept {
  return view(state_).run_id;
}
std::string const& RunCanceledError::run_id() const noexcept {
  return view(state_).run_id;
}

}  // namespace azureml
