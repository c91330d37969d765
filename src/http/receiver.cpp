#include "http/receiver.hpp"

#include "http/transport_errors.hpp"

#include <charconv>
#include <string>
#include <utility>

namespace azureml::http {

void Receiver::begin(Response head) {
  response_ = std::move(head);
  if (response_.status < 200) {
    throw_fall(request_, {Fall::Kind::broken, "the answer was an interim one, " + std::to_string(response_.status)});
  }
  into_sink_ = request_.sink && response_.status < 300;
  if (into_sink_) request_.sink->begin(response_);
}

void Receiver::write(std::string_view piece) {
  received_ += piece.size();
  if (into_sink_) {
    request_.sink->write(piece);
    return;
  }
  if (piece.size() > request_.body_max - response_.body.size()) {
    throw_fall(request_, {Fall::Kind::broken, "the answer is longer than the " + std::to_string(request_.body_max) +
                                                  " bytes allowed for it"});
  }
  response_.body += piece;
}

Response Receiver::finish() {
  auto const found = response_.headers.find("Content-Length");
  bool const promises = found != response_.headers.end() && !response_.headers.contains("Transfer-Encoding") &&
                        !has_no_body(request_, response_.status);
  if (promises) {
    auto const& text = found->second;
    std::uint64_t promised = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), promised);
    if (code != std::errc{} || end != text.data() + text.size() || promised != received_) {
      throw_fall(request_, {Fall::Kind::lost, "the answer ended after " + std::to_string(received_) + " of the '" +
                                                  text.substr(0, 20) + "' bytes it promised"});
    }
  }
  return std::move(response_);
}

}  // namespace azureml::http
