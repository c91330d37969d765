// The body of a job's PUT, read strictly.
#include "engine/routes/job_input.hpp"
#include "engine/routes/members.hpp"
#include "engine/routes/wire.hpp"
#include "fuzz/fuzz_input.hpp"

using namespace azureml;
namespace routes = engine::routes;

namespace {

constexpr std::size_t kDetailsMax = 50;

void check_job(routes::Request const& request) {
  try {
    auto const job = routes::read_job(request, "job_1");
    fuzz::require(routes::first_difference(job.definition, job.definition).empty(), "a definition does not differ from itself");
    fuzz::require(!routes::text_member(job.definition, "command").empty(), "a job has a command");
    fuzz::require(nlohmann::json::accept(routes::to_text(job.definition)), "a definition can be stored");
  } catch (routes::ApiError const& error) {
    fuzz::require(error.status == 400, "a bad body is the client's fault");
    fuzz::require(error.details.size() <= kDetailsMax, "the faults told are bounded");
  }
}

/// Every other table of members, too.
void check_tables(routes::Request const& request) {
  nlohmann::json body;
  try {
    body = routes::parse_object(request);
  } catch (routes::ApiError const&) {
    return;
  }
  for (auto const* type : {&routes::code_version_type(), &routes::environment_version_type(), &routes::create_run_type(), &routes::datastore_type(),
                           &routes::data_version_type()}) {
    try {
      routes::check_members(request.body, body, *type);
    } catch (routes::ApiError const& error) {
      fuzz::require(error.status == 400 && error.details.size() <= kDetailsMax, "faults are the client's, and bounded");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  routes::Request request{.method = "PUT"};
  request.body = fuzz::as_text(data, size);
  check_job(request);
  check_tables(request);
  return 0;
}
