#include "api/run_id.hpp"

#include "base/uuid.hpp"

#include <algorithm>

namespace azureml::api {

namespace {

constexpr std::size_t kNameMax = 255;

bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool name_character(char c) { return letter_or_digit(c) || c == '_' || c == '-'; }

std::string name_problem(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kNameMax) return "has " + std::to_string(name.size()) + " characters, at most 255 are allowed";
  if (!letter_or_digit(name.front())) return "does not begin with a letter or digit";
  if (!std::all_of(name.begin(), name.end(), name_character)) return "holds something else than letters, digits, '_' and '-'";
  return {};
}

}  // namespace

std::string make_run_id(std::string_view experiment, std::chrono::system_clock::time_point now) {
  constexpr std::size_t kExperimentMax = 235;  // leaves room for the seconds, the digits and the separators
  std::string id(experiment.substr(0, kExperimentMax));
  std::replace_if(id.begin(), id.end(), [](char c) { return !name_character(c); }, '-');
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return id + '_' + std::to_string(seconds) + '_' + base::random_hex(8);
}

std::string run_id_problem(std::string_view run_id) { return name_problem(run_id); }
std::string experiment_name_problem(std::string_view name) { return name_problem(name); }

}  // namespace azureml::api
