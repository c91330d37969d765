#include "engine/routes/job_delete.hpp"

#include "engine/routes/services.hpp"
#include "engine/routes/staging.hpp"
#include "engine/routes/tables.hpp"
#include "engine/routes/wire.hpp"
#include "engine/runner/files.hpp"

#include <filesystem>
#include <system_error>

namespace azureml::engine::routes {
namespace {

ApiError conflict(std::string message) {
  return {.status = 409, .code = "UserError", .message = std::move(message), .inner = {"Conflict"}};
}

/// Out of sight at once; a removal that is cut short is brought to its end when the engine starts.
std::filesystem::path put_away(store::Home const& home, std::string const& name) {
  std::filesystem::create_directories(staging_directory(home));
  auto const trash = trash_name(home);
  std::error_code error;
  std::filesystem::rename(home.run(name), trash, error);
  if (error && error != std::errc::no_such_file_or_directory)
    throw std::system_error(error, "cannot remove the folder of the run '" + name + "'");
  return trash;
}

}  // namespace

Reply delete_job(Request const& request, Services& services) {
  auto const& name = parameter(request, "name");
  auto const job = is_job_name(name) ? services.store.find_job(name) : std::nullopt;
  if (!job) return {.status = 204};
  if (!store::is_terminal(job->status))
    throw conflict("The job '" + name + "' has not ended (" + job->status + "); cancel it before it is deleted.");
  if (auto const user = services.store.user_of_job(name); !user.empty())
    throw conflict("The job '" + name + "' cannot be deleted: " + user + " refers to its files. Delete that first.");
  services.store.remove_job(name);
  auto const trash = put_away(services.home, name);
  return {.status = 200, .complete = [trash](Reply&) { (void)runner::remove_tree(trash); }};
}

}  // namespace azureml::engine::routes
