#include "core/lower_command.hpp"

#include "core/arguments.hpp"
#include "core/compute_path.hpp"
#include "core/entry_script.hpp"
#include "core/names.hpp"
#include "core/quoting.hpp"
#include "core/references.hpp"

#include <azureml/estimator.hpp>

#include <set>

namespace azureml::core {
namespace {

std::string input_mode(DataMode mode) {
  return mode == DataMode::download ? "Download" : "ReadOnlyMount";
}
std::string output_mode(DataMode mode) {
  return mode == DataMode::upload ? "Upload" : "ReadWriteMount";
}

/// A path as an operand of a command, which takes one that starts with `-` for an option.
std::string operand(std::string const& path) {
  return quote_word(path.starts_with('-') ? "./" + path : path);
}

std::string placeholder(std::string const& name, JobDefinition const& job) {
  return job.outputs.contains(name) ? output_placeholder(name) : input_placeholder(name);
}

/// Jobs of the service's second generation have no such variable, which scripts of the first expect.
std::string exports(JobDefinition const& job) {
  std::string text;
  auto const add = [&](std::string const& name) {
    text += "export " + std::string(kReferenceVariable) + name + "=" + placeholder(name, job) + " && ";
  };
  for (auto const& [name, input] : job.inputs) add(name);
  for (auto const& [name, output] : job.outputs) add(name);
  return text;
}

std::string links(Estimator const& estimator, JobDefinition const& job) {
  std::string text;
  std::set<std::string> made;
  for (auto const& reference : references_of(estimator)) {
    auto const path = normal_compute_path(reference.data.path_on_compute);
    if (path.empty() || !made.insert(reference.data.name).second) continue;
    if (auto const parent = parent_folder(path); !parent.empty()) text += "mkdir -p " + operand(parent) + " && ";
    text += "ln -sfn " + placeholder(reference.data.name, job) + " " + operand(path) + " && ";
  }
  return text;
}

std::string start_of(std::string const& path) {
  switch (entry_kind(path)) {
    case EntryKind::python:
      return "python " + operand(path);
    case EntryKind::shell:
      return "bash " + operand(path);
    case EntryKind::r:
      return "Rscript " + operand(path);
    case EntryKind::executable:
      break;
  }
  // The store keeps no mode bits, so what is to be executed has lost its x.
  auto const program = quote_word("./" + path);
  return "chmod u+x " + program + " && exec " + program;
}

void warn_of_unknown_references(Argument const& argument, JobDefinition& job) {
  auto const mark = "$" + std::string(kReferenceVariable);
  for (auto const& piece : argument) {
    auto const start = piece.is_path ? std::string::npos : piece.text.find(mark);
    if (start == std::string::npos) continue;
    auto const name = piece.text.substr(
        start,
        piece.text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", start + 1) -
            start);
    job.warnings.push_back(
        "an argument holds '" + name +
        "', and the estimator has no data reference of that name: the script gets the text as it is");
  }
}

}  // namespace

void lower_data(Estimator const& estimator, JobDefinition& job) {
  for (auto const& [data, field] : references_of(estimator)) {
    if (data.mode == DataMode::upload) {
      job.outputs[data.name] = {.mode = output_mode(data.mode), .address = datastore_uri(data)};
    } else {
      job.inputs[data.name] = {.type = "uri_folder", .mode = input_mode(data.mode), .address = datastore_uri(data)};
    }
  }
  for (auto const& input : estimator.inputs) {
    if (!input.reference)
      job.inputs[input.name] = {.type = input.type, .mode = input_mode(input.mode), .address = input.address};
  }
  for (auto const& [name, output] : estimator.outputs) {
    job.outputs[name] = {.mode = output_mode(output.mode), .address = output.address, .asset_name = output.asset_name};
  }
}

std::string lower_command(Estimator const& estimator, SourceFacts const& facts, JobDefinition& job) {
  auto command = exports(job) + links(estimator, job) + start_of(entry_path(estimator.entry_script, facts.plan));
  for (auto const& argument : arguments_of(estimator)) {
    command += " " + shell_word(argument);
    warn_of_unknown_references(argument, job);
  }
  return command;
}

}  // namespace azureml::core
