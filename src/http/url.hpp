#pragma once
#include <string>
#include <string_view>

namespace azureml::http {

/// `https://host:port` of an absolute URL; empty when it is none.
std::string origin_of(std::string_view url);
/// The same URL at another origin, when it is at `from`; else unchanged.
std::string with_origin(std::string_view url, std::string_view from, std::string_view to);

}  // namespace azureml::http
