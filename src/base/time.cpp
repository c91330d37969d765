#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace azureml::base {

namespace {

namespace chr = std::chrono;
constexpr std::array<char const*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<char const*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr int kYearMin = 1678, kYearMax = 2261;

struct Parts {
  chr::year_month_day date;
  chr::hh_mm_ss<chr::nanoseconds> clock;
  chr::weekday weekday;
};

Parts split(SystemTime time) {
  auto const day = chr::floor<chr::days>(time);
  return {chr::year_month_day{day}, chr::hh_mm_ss<chr::nanoseconds>{time - day}, chr::weekday{day}};
}

/// Reads exactly `count` digits.
bool digits(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) return false;
  auto const [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc{} || end != text.data() + count || text[0] == '-') return false;
  text.remove_prefix(count);
  return true;
}

bool literal(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

std::optional<SystemTime> assemble(int year, int month, int day, int hour, int minute, int second,
                                   chr::nanoseconds fraction) {
  chr::year_month_day const date{chr::year{year}, chr::month{static_cast<unsigned>(month)},
                                 chr::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  // The clock counts nanoseconds from 1677 to 2262; services write the years 1 and 9999 for "never".
  if (year < kYearMin) return chr::sys_days{chr::year{kYearMin} / 1 / 1};
  if (year > kYearMax) return chr::sys_days{chr::year{kYearMax} / 12 / 31};
  return chr::time_point_cast<SystemTime::duration>(chr::sys_days{date} + chr::hours{hour} + chr::minutes{minute} +
                                                    chr::seconds{second} + fraction);
}

}  // namespace

std::string to_iso8601(SystemTime time) {
  auto const [date, clock, weekday] = split(time);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count() / 1000));
  return text;
}

std::optional<SystemTime> from_iso8601(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!digits(text, 4, year) || !literal(text, "-") || !digits(text, 2, month) || !literal(text, "-") ||
      !digits(text, 2, day))
    return std::nullopt;
  chr::nanoseconds fraction{0};
  chr::minutes offset{0};
  if (!text.empty()) {
    if (text[0] != 'T' && text[0] != 't' && text[0] != ' ') return std::nullopt;
    text.remove_prefix(1);
    if (!digits(text, 2, hour) || !literal(text, ":") || !digits(text, 2, minute)) return std::nullopt;
    if (literal(text, ":") && !digits(text, 2, second)) return std::nullopt;
    if (literal(text, ".")) {
      long scale = 100'000'000;
      std::size_t used = 0;
      while (used < text.size() && text[used] >= '0' && text[used] <= '9') {
        fraction += chr::nanoseconds{(text[used] - '0') * scale};
        scale /= 10;
        ++used;
      }
      if (used == 0) return std::nullopt;
      text.remove_prefix(used);
    }
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
      int const sign = text[0] == '-' ? -1 : 1;
      int hours = 0, minutes = 0;
      text.remove_prefix(1);
      if (!digits(text, 2, hours)) return std::nullopt;
      literal(text, ":");
      if (!text.empty() && !digits(text, 2, minutes)) return std::nullopt;
      if (hours > 23 || minutes > 59) return std::nullopt;
      offset = chr::minutes{sign * (hours * 60 + minutes)};
    } else if (!text.empty() && !literal(text, "Z") && !literal(text, "z")) {
      return std::nullopt;
    }
    if (!text.empty()) return std::nullopt;
  }
  auto const time = assemble(year, month, day, hour, minute, second, fraction);
  if (!time) return std::nullopt;
  return *time - offset;
}

std::string to_http_date(SystemTime time) {
  auto const [date, clock, weekday] = split(time);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday.c_encoding()],
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text;
}

std::optional<SystemTime> from_http_date(std::string_view text) {
  auto const comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  text.remove_prefix(comma + 2);
  int day = 0, year = 0, hour = 0, minute = 0, second = 0, month = 0;
  if (!digits(text, 2, day) || !literal(text, " ") || text.size() < 4) return std::nullopt;
  for (int m = 0; m < 12; ++m)
    if (text.starts_with(kMonths[static_cast<std::size_t>(m)])) month = m + 1;
  if (month == 0) return std::nullopt;
  text.remove_prefix(3);
  if (!literal(text, " ") || !digits(text, 4, year) || !literal(text, " ") || !digits(text, 2, hour) ||
      !literal(text, ":") || !digits(text, 2, minute) || !literal(text, ":") || !digits(text, 2, second) ||
      text != " GMT")
    return std::nullopt;
  return assemble(year, month, day, hour, minute, second, {});
}

std::string to_iso8601_duration(std::chrono::seconds duration) {
  auto left = duration.count();
  if (left <= 0) return "PT0S";
  std::string text = "PT";
  if (auto const hours = left / 3600; hours > 0) text += std::to_string(hours) + "H";
  if (auto const minutes = left % 3600 / 60; minutes > 0) text += std::to_string(minutes) + "M";
  if (auto const seconds = left % 60; seconds > 0) text += std::to_string(seconds) + "S";
  return text;
}

std::optional<std::chrono::seconds> from_iso8601_duration(std::string_view text) {
  if (!literal(text, "P")) return std::nullopt;
  constexpr std::string_view kUnits = "DHMS";  // in this order, each at most once
  constexpr std::array<std::int64_t, 4> kSeconds{86400, 3600, 60, 1};
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  bool any = false;
  while (!text.empty()) {
    if (next_unit == 0 && literal(text, "T")) next_unit = 1;
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0 || value > 1'000'000'000 || text[0] == '-') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (literal(text, ".")) {
      auto const fraction = std::min(text.find_first_not_of("0123456789"), text.size());
      if (fraction == 0) return std::nullopt;
      text.remove_prefix(fraction);
    }
    auto const unit = text.empty() ? kUnits.npos : kUnits.find(text[0], next_unit);
    if (unit == kUnits.npos || (unit > 0 && next_unit == 0)) return std::nullopt;
    text.remove_prefix(1);
    total += value * kSeconds[unit];
    next_unit = unit + 1;
    any = true;
    if (unit == 0 && !text.empty()) {
      if (!literal(text, "T")) return std::nullopt;
      any = false;
    }
  }
  if (!any) return std::nullopt;
  return std::chrono::seconds{total};
}

}  // namespace azureml::base
