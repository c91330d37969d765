#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace azureml::api {

/// `<experiment, cut to 235, ASCII>_<unix seconds>_<8 hex>`; as Python makes it.
std::string make_run_id(std::string_view experiment, std::chrono::system_clock::time_point now);
/// What is wrong with a run id of the caller's, or an empty text: `^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$`.
std::string run_id_problem(std::string_view run_id);
/// What is wrong with an experiment's name, or an empty text: a letter or digit first, then letters, digits, `_`, `-`; 1 to 255.
std::string experiment_name_problem(std::string_view name);

}  // namespace azureml::api
