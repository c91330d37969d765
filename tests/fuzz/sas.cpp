// Signatures. Lines: method, container, blob, permissions, then a query or `Authorization`. What was not signed is never let in; what
// was signed is, and not any more once one byte of it has changed.
#include "base/encoding.hpp"
#include "engine/front/target.hpp"
#include "engine/routes/sas.hpp"
#include "fuzz/fuzz_input.hpp"

#include <algorithm>

using namespace azureml;
namespace routes = engine::routes;

namespace {

constexpr std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'700'000'000)};
constexpr char kAccount[] = "acct";

engine::store::Identity const& identity() {
  static engine::store::Identity const kIdentity{.storage_account = kAccount, .account_key = base::to_base64("a key of the tests")};
  return kIdentity;
}

bool is_let_in(routes::Request const& request) {
  try {
    routes::check_blob_access(request, identity(), kNow);
    return true;
  } catch (routes::ApiError const& error) {
    fuzz::require(error.status == 403, "what is not let in is refused with 403");
    return false;
  }
}

/// False when the text is no query.
bool set_query(routes::Request& request, std::string const& query) {
  try {
    request.query = engine::front::parse_target("/x?" + query).query;
    return true;
  } catch (routes::ApiError const&) {
    return false;
  }
}

void check_signed(routes::Request request, std::string const& permissions, std::size_t where) {
  auto const query = routes::sign_sas(identity(), {.container = request.parameters["container"],
                                                   .blob = request.parameters["blob"],
                                                   .permissions = permissions,
                                                   .start = kNow - std::chrono::minutes(1),
                                                   .expiry = kNow + std::chrono::hours(1)});
  fuzz::require(set_query(request, query), "an own signature is a query");
  bool const may_read = permissions.find('r') != permissions.npos;
  fuzz::require(is_let_in(request) == may_read, "an own signature opens what its permissions say");
  auto changed = std::next(request.query.begin(), static_cast<std::ptrdiff_t>(where % request.query.size()));
  auto& value = changed->second;
  auto& byte = value[where % value.size()];
  byte = static_cast<char>(byte ^ 1);
  fuzz::require(!is_let_in(request), "a signature of which one byte has changed opens nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto rest = fuzz::as_text(data, size);
  routes::Request request{.method = std::string(fuzz::take_line(rest))};
  request.base_url = "http://127.0.0.1:1";
  auto const container = std::string(fuzz::take_line(rest)), blob = std::string(fuzz::take_line(rest));
  auto const permissions = std::string(fuzz::take_line(rest));
  request.parameters = {{"account", kAccount}, {"container", container}, {"blob", blob}};
  request.raw_path = "/" + std::string(kAccount) + "/" + container + "/" + blob;
  auto const last = fuzz::take_line(rest);

  auto stranger = request;
  if (set_query(stranger, std::string(last))) fuzz::require(!is_let_in(stranger), "nobody can sign without the key");
  stranger.query.clear();
  stranger.headers = {{"Authorization", std::string(last)}, {"x-ms-date", "Tue, 14 Nov 2023 22:13:20 GMT"}, {"x-ms-version", "2021-12-02"}};
  fuzz::require(!is_let_in(stranger), "nobody can sign a request without the key");

  // Permissions with a byte that a query cannot carry as itself are not the engine's to sign.
  bool const are_letters = std::ranges::all_of(permissions, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!container.empty() && container.find('/') == container.npos && !blob.empty() && !permissions.empty() && are_letters) {
    request.method = "GET";
    check_signed(request, permissions, last.size());
  }
  return 0;
}
