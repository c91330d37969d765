#pragma once
#include "http/pipeline.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace azureml::http {

/// Where services that moved are now. Thread-safe; remembers a few moves, so that later requests go to the new place
/// directly.
class Endpoints {
 public:
  explicit Endpoints(EndpointSource source);
  /// The URL at its service's present place.
  [[nodiscard]] std::string current(std::string const& url) const;
  /// Asks the source where the service of the refused URL is now, and returns the URL there. Empty: there is nobody to
  /// ask.
  std::string ask(std::string const& refused_url);

 private:
  static constexpr std::size_t kMovesMax = 16;
  EndpointSource source_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> moves_{};
};

}  // namespace azureml::http
