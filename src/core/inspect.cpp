#include "core/aliases.hpp"
#include "core/checks.hpp"
#include "core/entry_script.hpp"
#include "core/git_facts.hpp"
#include "core/imports.hpp"
#include "core/lower.hpp"
#include "core/make_error.hpp"

namespace azureml::core {
namespace {

/// An image's own Python and a registered environment are what they are: nothing would be added to them.
bool may_lack_packages(Estimator const& estimator) {
  auto const& definition = estimator.environment_definition;
  if (definition) return !is_registered(*definition) && !definition->user_managed_dependencies;
  return !estimator.user_managed;
}

}  // namespace

SourceFacts inspect(Estimator const& estimator, SnapshotOptions const& snapshot, std::stop_token const& stop) {
  Faults faults;
  auto facts = check_all(estimator, snapshot, faults, stop);
  if (!faults.empty()) throw validation_error("the estimator is not valid", faults.take());
  if (may_lack_packages(estimator)) {
    auto const imports = find_imports(facts.plan, entry_path(estimator.entry_script, facts.plan), stop);
    facts.imports_azureml = imports.azureml;
    facts.imports_mlflow = imports.mlflow;
  }
  facts.git = git_facts(estimator.source_directory, stop);
  if (stop.stop_requested()) {
    throw make_error<StoppedError>("looking at '" + estimator.source_directory.string() +
                                   "' was stopped; nothing was sent");
  }
  return facts;
}

}  // namespace azureml::core
