#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace azureml::base {

using SystemTime = std::chrono::system_clock::time_point;

/// `2026-03-27T04:02:32.701698Z`: microseconds, UTC.
std::string to_iso8601(SystemTime time);
/// Any number of fractional digits (beyond nanoseconds cut off), `Z` or an offset; without either it is UTC. Nothing when it is no time.
/// A year that the clock cannot hold becomes the nearest it can: services write 0001 and 9999 for "never".
std::optional<SystemTime> from_iso8601(std::string_view text);
/// `Fri, 27 Mar 2026 04:03:26 GMT`, whatever the locale.
std::string to_http_date(SystemTime time);
std::optional<SystemTime> from_http_date(std::string_view text);
std::string to_iso8601_duration(std::chrono::seconds duration);                          ///< `PT600S` is written `PT10M`.
std::optional<std::chrono::seconds> from_iso8601_duration(std::string_view text);        ///< Days and below; a fraction is cut off.

}  // namespace azureml::base
