#include "engine/front/dispatcher.hpp"

#include "base/time.hpp"
#include "unit/front/front_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace azureml::tests {
namespace {

using namespace std::chrono_literals;
using namespace engine::front;
using engine::routes::Auth;
using engine::routes::Plane;
using engine::routes::Principal;
using engine::routes::Reply;
using engine::routes::Request;
using nlohmann::json;

constexpr char kScope[] =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
    "Microsoft.MachineLearningServices/workspaces/local";
std::string const kWorkspace = std::string{kScope} + "?api-version=2024-04-01";

Operation told(std::string pattern, Plane plane, Auth auth) {
  return {.name = "test.get",
          .method = "GET",
          .pattern = std::move(pattern),
          .plane = plane,
          .auth = auth,
          .handle = [](Request const& request) {
            json const body{{"kind", static_cast<int>(request.principal.kind)},
                            {"run", request.principal.run_id},
                            {"path", request.path},
                            {"base", request.base_url},
                            {"authorization", request.header("Authorization")}};
            return Reply{.body = body.dump()};
          }};
}

std::vector<Operation> table() {
  std::vector<Operation> operations;
  operations.push_back(told("{WS}", Plane::arm, Auth::bearer));
  operations.push_back(told("{WS}/jobs/{name}", Plane::arm, Auth::bearer));
  operations.push_back(told("/history/v1.0{WS}/runs/{id}", Plane::data, Auth::bearer));
  operations.push_back(told("/discovery", Plane::data, Auth::none));
  operations.push_back(told("/{account}/{container}/{blob...}", Plane::blob, Auth::sas));
  return operations;
}

json body_of(RawResponse const& response) {
  return json::parse(response.body);
}
std::string code_of(RawResponse const& response) {
  return body_of(response).at("error").at("code").get<std::string>();
}

TEST(Dispatcher, TokenTable) {
  FrontFixture front{table()};
  auto const now = base::real_clock().now();
  auto const get = [&](std::string const& header) { return ask(front.port(), "GET", kWorkspace, header); };
  auto const missing = get("");
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(code_of(missing), "AuthenticationFailed");
  EXPECT_EQ(body_of(missing)["error"]["message"], "Authentication failed. The 'Authorization' header is missing.");
  EXPECT_TRUE(missing.headers.at("www-authenticate").starts_with("Bearer authorization_uri=\""));
  auto const expired = get("Authorization: Bearer " + front.tokens().home_token(now - 25h, 24h) + "\r\n");
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(code_of(expired), "ExpiredAuthenticationToken");
  EXPECT_NE(expired.headers.at("www-authenticate").find("error=\"invalid_token\""), std::string::npos);
  for (auto const* const header : {"Bearer rubbish", "Bearer ", "Basic YTpi", "Bearer"}) {
    auto const invalid = get("Authorization: " + std::string{header} + "\r\n");
    EXPECT_EQ(invalid.status, 401) << header;
    EXPECT_EQ(code_of(invalid), "InvalidAuthenticationToken") << header;
    EXPECT_EQ(body_of(invalid)["error"]["message"], "The access token is invalid.");
  }
  auto const good = get(front.bearer());
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(body_of(good)["kind"], static_cast<int>(Principal::Kind::home));
  EXPECT_EQ(body_of(good)["authorization"], "") << "no handler may see the token";
}

TEST(Dispatcher, RunToken_IsLimitedToItsRun) {
  FrontFixture front{table()};
  auto const header =
      "Authorization: Bearer " + front.tokens().run_token("run_1", base::real_clock().now(), kRunTokenLife) + "\r\n";
  auto const own = ask(front.port(), "GET", "/history/v1.0" + std::string{kScope} + "/runs/run_1", header);
  EXPECT_EQ(own.status, 200);
  EXPECT_EQ(body_of(own)["run"], "run_1");
  EXPECT_EQ(ask(front.port(), "GET", kWorkspace, header).status, 200);
  auto const other = ask(front.port(), "GET", "/history/v1.0" + std::string{kScope} + "/runs/run_2", header);
  EXPECT_EQ(other.status, 403);
  EXPECT_EQ(code_of(other), "AuthorizationFailed");
  EXPECT_EQ(ask(front.port(), "GET", std::string{kScope} + "/jobs/run_1?api-version=1", header).status, 403);
}

TEST(Dispatcher, RunToken_EndsTenMinutesAfterItsRun) {
  RunState state{.known = true};
  FrontFixture front{table(), {}, [&](std::string const& id) {
                       EXPECT_EQ(id, "run_1");
                       return state;
                     }};
  auto const now = base::real_clock().now();
  auto const header = "Authorization: Bearer " + front.tokens().run_token("run_1", now, kRunTokenLife) + "\r\n";
  auto const get = [&] { return ask(front.port(), "GET", kWorkspace, header); };
  EXPECT_EQ(get().status, 200);
  state.ended = now - 9min;
  EXPECT_EQ(get().status, 200);
  state.ended = now - 11min;
  EXPECT_EQ(code_of(get()), "ExpiredAuthenticationToken");
  state = {.known = false};
  EXPECT_EQ(code_of(get()), "InvalidAuthenticationToken");
}

TEST(Dispatcher, HostsAndOrigins) {
  FrontFixture front{table()};
  auto const send = [&](std::string const& headers) {
    RawClient client{front.port()};
    client.send("GET /discovery HTTP/1.1\r\n" + headers + "\r\n");
    return client.read().value();
  };
  auto const port = std::to_string(front.port());
  EXPECT_EQ(send("Host: localhost:" + port + "\r\n").status, 200);
  EXPECT_EQ(send("Host: evil.example\r\n").status, 403);
  EXPECT_EQ(send("").status, 400);
  EXPECT_EQ(send(front.host() + front.host()).status, 400);
  EXPECT_EQ(send(front.host() + "Origin: http://evil.example\r\n").status, 403);
  auto const ours = send(front.host() + "Origin: http://127.0.0.1:" + port + "\r\n");
  EXPECT_EQ(ours.status, 200);
  EXPECT_FALSE(ours.headers.contains("access-control-allow-origin"));
}

TEST(Dispatcher, ArmNeedsAnApiVersion_DataPlanesDoNot) {
  FrontFixture front{table()};
  auto const missing = ask(front.port(), "GET", kScope, front.bearer());
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(code_of(missing), "MissingApiVersionParameter");
  EXPECT_EQ(ask(front.port(), "GET", std::string{kScope} + "?API-Version=2031-01-01-preview", front.bearer()).status,
            200);
  auto const history = "/history/v1.0" + std::string{kScope} + "/runs/r";
  EXPECT_EQ(ask(front.port(), "GET", history, front.bearer()).status, 200);
  EXPECT_EQ(ask(front.port(), "GET", history + "?api-version=v1.0", front.bearer()).status, 200);
}

TEST(Dispatcher, WithoutAToken_NothingIsSaidAboutScopesOrRoutes) {
  FrontFixture front{table()};
  EXPECT_EQ(ask(front.port(), "GET", "/subscriptions/none?api-version=1").status, 401);
  EXPECT_EQ(ask(front.port(), "GET", "/nothing").status, 401);
  EXPECT_EQ(ask(front.port(), "GET", "/nothing", front.bearer()).status, 404);
}

TEST(Dispatcher, Blobs_BySignatureAndByEitherSpellingOfTheAccount) {
  FrontFixture front{table()};
  auto const by_path = ask(front.port(), "GET", "/azureml0badcafe/c/a/b.txt?sig=good");
  EXPECT_EQ(by_path.status, 200);
  EXPECT_EQ(body_of(by_path)["kind"], static_cast<int>(Principal::Kind::sas));
  RawClient client{front.port()};
  client.send("GET /c/a/b.txt?sig=good HTTP/1.1\r\nHost: azureml0badcafe.blob.localhost:" +
              std::to_string(front.port()) + "\r\n\r\n");
  auto const by_host = client.read().value();
  EXPECT_EQ(by_host.status, 200);
  EXPECT_EQ(body_of(by_host)["path"], "/azureml0badcafe/c/a/b.txt");
  auto const refused = ask(front.port(), "GET", "/azureml0badcafe/c/a/b.txt?sig=bad", front.bearer());
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers.at("x-ms-error-code"), "AuthenticationFailed");
  EXPECT_EQ(refused.headers.at("content-type"), "application/xml");
}

TEST(Dispatcher, HeadersOfReplies) {
  FrontFixture front{table()};
  auto const arm = ask(front.port(), "GET", kWorkspace,
                       front.bearer() + "x-ms-client-request-id: abc-1\r\nx-ms-return-client-request-id: true\r\n");
  for (auto const* const name :
       {"x-ms-request-id", "x-ms-correlation-request-id", "x-ms-routing-request-id", "x-request-time", "date"})
    EXPECT_TRUE(arm.headers.contains(name)) << name;
  EXPECT_EQ(arm.headers.at("x-ms-response-type"), "standard");
  EXPECT_EQ(arm.headers.at("cache-control"), "no-cache");
  EXPECT_EQ(arm.headers.at("expires"), "-1");
  EXPECT_EQ(arm.headers.at("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(arm.headers.at("x-ms-client-request-id"), "abc-1");
  EXPECT_TRUE(base::from_http_date(arm.headers.at("date")).has_value());
  auto const not_asked = ask(front.port(), "GET", kWorkspace, front.bearer() + "x-ms-client-request-id: abc-1\r\n");
  EXPECT_FALSE(not_asked.headers.contains("x-ms-client-request-id"));
  EXPECT_EQ(ask(front.port(), "GET", kScope, front.bearer()).headers.at("x-ms-response-type"), "error");
  auto const data = ask(front.port(), "GET", "/discovery");
  EXPECT_EQ(data.headers.at("x-ms-response-type"), "standard");
  EXPECT_FALSE(data.headers.contains("x-ms-correlation-request-id"));
  auto const blob = ask(front.port(), "GET", "/azureml0badcafe/c/b?sig=good",
                        "x-ms-version: 2026-10-06\r\nx-ms-client-request-id: z\r\n");
  EXPECT_EQ(blob.headers.at("x-ms-version"), "2026-10-06");
  EXPECT_EQ(blob.headers.at("x-ms-client-request-id"), "z");
}

TEST(Dispatcher, RefusalBeforeTheBody_LeavesTheBodyUnread) {
  auto operations = table();
  operations.push_back(
      {.name = "test.put", .method = "PUT", .pattern = "{WS}/jobs/{name}", .handle = [](Request const&) {
         return Reply{};
       }});
  FrontFixture front{std::move(operations)};
  RawClient client{front.port()};
  client.send("PUT " + std::string{kScope} + "/jobs/x?api-version=1 HTTP/1.1\r\n" + front.host() +
              "Content-Length: 10000000\r\n\r\n");
  EXPECT_EQ(client.read().value().status, 401);  // Though not one byte of the body has come.
}

}  // namespace
}  // namespace azureml::tests
