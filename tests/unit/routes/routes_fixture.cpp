#include "routes_fixture.hpp"

#include "base/unique_fd.hpp"
#include "engine/routes/sas.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

namespace azureml::engine::routes {
namespace {

std::vector<std::string> split(std::string const& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto const end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Only as clever as these tests need: the front has the real one.
bool match(std::string pattern, std::string const& path, std::map<std::string, std::string>& parameters) {
  if (auto const at = pattern.find("{WS}"); at != std::string::npos) {
    pattern.replace(at, 4, "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.MachineLearningServices/workspaces/{ws}");
    if (at > 0) pattern.erase(at - 1, 1);
  }
  auto const wanted = split(pattern.substr(1), '/');
  auto const given = split(path.substr(1), '/');
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= given.size() || given[i].empty()) return false;
    auto const name = wanted[i].substr(0, wanted[i].size() - (wanted[i].ends_with("}") ? 1 : 0));
    if (name.starts_with('{') && name.ends_with("...")) {
      std::string rest = given[i];
      for (auto k = i + 1; k < given.size(); ++k) rest += "/" + given[k];
      parameters[name.substr(1, name.size() - 4)] = base::percent_decode(rest).value();
      return true;
    }
    if (name.starts_with('{')) {
      parameters[name.substr(1)] = base::percent_decode(given[i]).value();
    } else if (!base::equal_ignoring_case(wanted[i], given[i])) {
      return false;
    }
  }
  return wanted.size() == given.size();
}

std::size_t captures(Route const& route) { return static_cast<std::size_t>(std::count(route.pattern.begin(), route.pattern.end(), '{')); }

}  // namespace

void RoutesTest::SetUp() {
  std::string pattern = (std::filesystem::temp_directory_path() / "azureml-routes-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  directory_ = pattern;
  home_.root = directory_;
  std::filesystem::create_directories(home_.blobs());
  std::filesystem::create_directories(home_.runs());
  identity_ = {.home_id = "11111111-1111-1111-1111-111111111111",
               .workspace_id = "8e7dad76-df37-472b-b882-0c1c58adfcf9",
               .storage_account = "azureml0a1b2c3d",
               .account_key = base::to_base64(std::string(64, 'k'))};
  store_ = std::make_unique<store::Store>(home_.database());
  unused_thread_ = std::make_unique<store::StoreThread>(std::make_unique<store::Store>(directory_ / "unused.db"), logging::Logger{});
  notifier_ = std::make_unique<runner::Notifier>();
  auto const logger = logging::Logger::to_sink("runner", logging::Level::info,
                                               [this](auto, auto, std::string_view line) { runner_calls_.emplace_back(line); });
  logger_ = logger;
  restart({});
  table_ = all_routes();
  std::stable_sort(table_.begin(), table_.end(), [](Route const& a, Route const& b) { return captures(a) < captures(b); });
}

void RoutesTest::restart(runner::RunnerOptions options) {
  services_.reset();
  runs_ = std::make_unique<runner::RunManager>(home_, std::move(options), *unused_thread_, *notifier_, logger_);
  services_ = std::make_unique<Services>(Services{.store = *store_, .runs = *runs_, .home = home_, .identity = identity_, .clock = clock_});
}

void RoutesTest::TearDown() {
  services_.reset();
  runs_.reset();
  unused_thread_.reset();
  store_.reset();
  std::filesystem::remove_all(directory_);
}

Reply RoutesTest::ask(Asked const& asked) {
  auto const question = asked.address.find('?');
  auto const path = asked.address.substr(0, question);
  Request request{.method = asked.method, .path = base::percent_decode(path).value(), .headers = asked.headers};
  request.base_url = kBase;
  request.waited = asked.waited;
  request.content_length = asked.body.size();
  if (question != std::string::npos) {
    for (auto const& pair : split(asked.address.substr(question + 1), '&')) {
      auto const equals = std::min(pair.find('='), pair.size());
      request.query.emplace(base::percent_decode(pair.substr(0, equals)).value(),
                            base::percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value());
    }
  }
  for (auto const& route : table_) {
    bool const blob_path = path.starts_with("/" + identity_.storage_account + "/");
    if ((route.plane == Plane::blob) != blob_path) continue;
    bool const same_method = route.method == asked.method || (asked.method == "HEAD" && route.method == "GET");
    request.parameters.clear();
    if (!same_method || !match(route.pattern, path, request.parameters)) continue;
    if (route.auth == Auth::sas && asked.check_signature) check_blob_access(request, identity_, clock_.now());
    if (route.handle) {
      request.body = asked.body;
      auto reply = route.handle(request, *services_);
      if (reply.complete) reply.complete(reply);
      return reply;
    }
    auto const upload = route.upload(request, *services_);
    for (std::size_t at = 0; at < asked.body.size(); at += 7) upload->write(std::string_view(asked.body).substr(at, 7));
    while (upload->work()) {
    }
    upload->sync();
    return upload->commit(*services_);
  }
  throw ApiError{.status = 501, .code = "NoRoute", .message = asked.method + " " + asked.address};
}

ApiError RoutesTest::refusal(Asked const& asked) {
  try {
    (void)ask(asked);
  } catch (ApiError const& error) {
    return error;
  }
  return {.status = 0, .code = "", .message = "not refused"};
}

json RoutesTest::ask_json(Asked const& asked, int status) {
  try {
    auto const reply = ask(asked);
    EXPECT_EQ(reply.status, status) << reply.body;
    return json::parse(reply.body);
  } catch (ApiError const& error) {
    ADD_FAILURE() << asked.method << " " << asked.address << ": " << error.status << " " << error.message
                  << (error.details.empty() ? "" : " " + error.details.front().second);
    return json::object();
  }
}

std::string RoutesTest::arm(std::string const& path, std::string const& query) {
  return std::string(kScope) + "/" + path + "?api-version=2024-04-01" + (query.empty() ? "" : "&" + query);
}
std::string RoutesTest::history(std::string const& path) { return "/history/v1.0" + std::string(kScope) + "/" + path; }
std::string RoutesTest::artifacts(std::string const& path) { return "/artifact/v2.0" + std::string(kScope) + "/artifacts/" + path; }

json RoutesTest::command_job(std::string const& command) {
  return {{"jobType", "Command"},
          {"command", command},
          {"environmentId", "azureml:env:1"},
          {"computeId", std::string(kScope) + "/computes/local"},
          {"experimentName", "diabetes"}};
}

Asked RoutesTest::put_job(std::string const& name, json const& properties) const {
  return {.method = "PUT", .address = arm("jobs/" + name), .body = json{{"properties", properties}}.dump()};
}

std::string RoutesTest::an_environment() {
  ask_json({.method = "PUT",
            .address = arm("environments/env/versions/1"),
            .body = R"({"properties":{"image":"mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04","condaFile":"dependencies: [python]"}})"},
           201);
  return std::string(kScope) + "/environments/env/versions/1";
}

std::string RoutesTest::a_code(std::string const& name, std::string const& hash, std::string const& text) {
  auto const pending = ask_json({.method = "POST", .address = arm("codes/" + name + "/versions/1/startPendingUpload"), .body = "{}"});
  auto const& reference = pending.at("blobReferenceForConsumption");
  auto sas = local_part(reference.at("credential").at("sasUri").get<std::string>());
  sas.insert(sas.find('?'), "/src/train.py");
  EXPECT_EQ(ask({.method = "PUT", .address = sas, .body = text, .headers = {{"x-ms-blob-type", "BlockBlob"}, {"If-None-Match", "*"}}}).status, 201);
  json const body{{"properties",
                   {{"codeUri", reference.at("blobUri").get<std::string>() + "/src"},
                    {"isAnonymous", true},
                    {"properties", {{"hash_sha256", hash}, {"hash_version", 202208}}}}}};
  return ask_json({.method = "PUT", .address = arm("codes/" + name + "/versions/1"), .body = body.dump()}, 201).at("id");
}

void RoutesTest::write_artifact(std::string const& run, std::string const& path, std::string const& text) const {
  auto const file = home_.artifacts(run) / path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
}

std::string RoutesTest::text_of(Reply const& reply) {
  if (!reply.file) return reply.body;
  std::string text(reply.file->length, '\0');
  auto const count = ::pread(reply.file->file->get(), text.data(), text.size(), static_cast<off_t>(reply.file->offset));
  EXPECT_EQ(count, static_cast<ssize_t>(text.size()));
  return text;
}

std::string RoutesTest::local_part(std::string const& url) {
  EXPECT_TRUE(url.starts_with(kBase)) << url;
  return url.substr(sizeof kBase - 1);
}

}  // namespace azureml::engine::routes
