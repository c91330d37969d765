#include "http/endpoints.hpp"

#include "http/url.hpp"

#include <utility>

namespace azureml::http {

Endpoints::Endpoints(EndpointSource source) : source_(std::move(source)) {}

std::string Endpoints::current(std::string const& url) const {
  auto const origin = origin_of(url);
  std::lock_guard const lock(mutex_);
  auto const found = moves_.find(origin);
  return found == moves_.end() ? url : with_origin(url, origin, found->second);
}

std::string Endpoints::ask(std::string const& refused_url) {
  auto const refused = origin_of(refused_url);
  if (!source_ || refused.empty()) return {};
  // Not under the lock: starting an engine takes seconds, and requests to other services must not wait for it.
  auto const place = origin_of(source_(refused));
  if (place.empty() || place == refused) return refused_url;
  std::lock_guard const lock(mutex_);
  if (moves_.size() >= kMovesMax) moves_.clear();
  // Whoever still asks for an older place is sent on, too; and the new place itself must not lead anywhere else.
  for (auto& [from, to] : moves_) {
    if (to == refused) to = place;
  }
  moves_.insert_or_assign(refused, place);
  moves_.erase(place);
  return with_origin(refused_url, refused, place);
}

}  // namespace azureml::http
