#include "engine/routes/blob_common.hpp"
#include "engine/routes/conditions.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace azureml::engine::routes {
namespace {

/// Removes the file and the folders that are empty without it, so that their names are free again.
void remove_file(std::filesystem::path const& root, std::string const& name) {
  std::vector<base::UniqueFd> folders;
  std::vector<std::string> names;
  folders.emplace_back(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::size_t begin = 0;
  for (auto slash = name.find('/'); folders.back() && slash != name.npos; slash = name.find('/', begin)) {
    names.push_back(name.substr(begin, slash - begin));
    folders.emplace_back(
        ::openat(folders.back().get(), names.back().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    begin = slash + 1;
  }
  if (!folders.back()) return;
  ::unlinkat(folders.back().get(), name.substr(begin).c_str(), 0);
  while (!names.empty()) {
    folders.pop_back();
    if (::unlinkat(folders.back().get(), names.back().c_str(), AT_REMOVEDIR) != 0) return;
    names.pop_back();
  }
}

}  // namespace

Reply delete_blob(Request const& request, Services& services) {
  auto const place = blob_place(request, services);
  if (place.run) {
    throw blob_error(403, "AuthorizationPermissionMismatch",
                     "Deleting '" + place.name + "' is not permitted: it is an artifact of a run of this engine.");
  }
  if (auto const operation = request.query_value("comp"); !operation.empty()) {
    throw blob_error(501, "NotImplemented",
                     "The blob operation comp=" + operation + " is not supported by this engine.");
  }
  auto const existing = services.store.find_blob(place.container, place.name);
  if (!existing) throw blob_not_found();
  if (is_unchanged(conditions_of(request), *existing)) {
    throw blob_error(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
  }
  // Without its record the file is no blob: a crash in between leaves nothing that anybody sees.
  services.store.remove_blob(place.container, place.name);
  remove_file(place.root, place.file);
  return {.status = 202, .headers = {{"x-ms-delete-type-permanent", "true"}}};
}

}  // namespace azureml::engine::routes
