#pragma once
#include "http/transport.hpp"

#include <cstdint>
#include <string_view>

namespace azureml::http {

/// What has come of an answer so far, and where it goes: into the request's sink when it has one and the status is 2xx,
/// else into the body. Whatever a sink throws goes through.
class Receiver {
 public:
  explicit Receiver(Request const& request) : request_(request) {}
  void begin(Response head);
  /// @throws TransportError when the body is longer than the request allows
  void write(std::string_view piece);
  /// @throws TransportError when the body is not as long as its head has promised
  Response finish();

 private:
  Request const& request_;
  Response response_{};
  std::uint64_t received_ = 0;
  bool into_sink_ = false;
};

}  // namespace azureml::http
