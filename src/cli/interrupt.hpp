#pragma once
#include "base/unique_fd.hpp"

#include <azureml/context.hpp>

#include <stop_token>
#include <thread>

namespace azureml::cli {

/// Turns the first Ctrl-C or SIGTERM into a request to stop; the second ends the program at once, as if there were no handler.
/// Made before any other thread, which then all leave the signals to this one.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(Interrupt const&) = delete;
  Interrupt& operator=(Interrupt const&) = delete;
  [[nodiscard]] Context context() const { return {.stop = source_.get_token()}; }
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] bool requested() const { return source_.stop_requested(); }

 private:
  void wait();
  std::stop_source source_{};
  base::UniqueFd signals_{}, end_{};
  std::jthread thread_{};
};

}  // namespace azureml::cli
