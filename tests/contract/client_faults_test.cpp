// Every call of the public API against a service that goes wrong, at every request of the call and in every way: the
// call gives what it gives without the fault, or throws an error of the library that says so. Nothing in between.
#include "api/states.hpp"
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "support/mock_service.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <azureml/azureml.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <iterator>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// A service with one run that has ended, and a client of it whose waits take no time.
struct Scene {
  MockService service;
  FakeClock clock;
  TemporaryDirectory directory;
  Workspace workspace;

  explicit Scene(std::shared_ptr<http::Transport> const& transport) : workspace(open(transport)) {
    directory.write("source/train.py", "print(1)\n");
    directory.write("source/data/large.bin", std::string(3000, 'x'));
    directory.write("results/a.txt", "a");
    directory.write("results/sub/b.txt", "b");
  }

  Workspace open(std::shared_ptr<http::Transport> const& transport) {
    http::PipelineOptions options;
    options.transport = transport;
    options.clock = &clock;
    options.token = [](bool, Context const&) { return MockService::kToken; };
    api::WorkspaceState state{.subscription_id = MockService::kSubscription,
                              .resource_group = MockService::kResourceGroup,
                              .name = MockService::kWorkspace,
                              .connection = {.pipeline = http::Pipeline(options),
                                             .resource_manager = service.endpoint(),
                                             .workspace_path = MockService::workspace_path()}};
    return detail::Access::make_handle<Workspace>(std::move(state));
  }

  [[nodiscard]] fs::path path(std::string const& name) const { return directory.path() / name; }
  [[nodiscard]] Estimator estimator() const {
    return {.source_directory = path("source"), .compute_target = "cpu-cluster", .entry_script = "train.py"};
  }
  Run submit(std::string const& id) {
    return workspace.experiment("exp").submit(estimator(), {.run_id = id, .snapshot = {.use_cache = false}});
  }
  Run ended_run() {
    auto const run = submit("ended");
    run.wait_for_completion();
    return run;
  }
  std::string tree(std::string const& name) const {
    std::vector<std::string> files;
    if (!fs::exists(path(name))) return {};
    for (auto const& entry : fs::recursive_directory_iterator(path(name))) {
      if (!entry.is_regular_file()) continue;
      files.push_back(entry.path().lexically_relative(path(name)).string() + "=" +
                      read_file(entry.path()) + ";");
    }
    std::sort(files.begin(), files.end());
    std::string all;
    for (auto const& file : files) all += file;
    return all;
  }
};

/// `prepare` is done in peace, `act` meets the fault and says what it got.
struct Operation {
  char const* name;
  std::function<void(Scene&)> prepare;
  std::function<std::string(Scene&)> act;
};

std::vector<Operation> operations() {
  auto const nothing = [](Scene&) {};
  auto const with_run = [](Scene& scene) { scene.ended_run(); };
  return {
      Operation{"submit", nothing, [](Scene& s) { return s.submit("one").id() + std::to_string(s.service.jobs().size()); }},
      Operation{"get_run", with_run, [](Scene& s) { return s.workspace.get_run("ended").experiment_name(); }},
      Operation{"get_details", with_run, [](Scene& s) { return s.workspace.get_run("ended").get_details().status.name(); }},
      Operation{"get_runs", with_run, [](Scene& s) { return std::to_string(s.workspace.get_runs().to_vector().size()); }},
      Operation{"get_runs_of_an_experiment", with_run,
       [](Scene& s) { return std::to_string(s.workspace.experiment("exp").get_runs().to_vector().size()); }},
      Operation{"set_tags", with_run,
       [](Scene& s) {
         auto const run = s.workspace.get_run("ended");
         run.set_tags({{"a", "1"}});
         return testing::PrintToString(run.get_tags());
       }},
      Operation{"get_all_logs", with_run,
       [](Scene& s) {
         s.workspace.get_run("ended").get_all_logs(s.path("logs"));
         return s.tree("logs");
       }},
      Operation{"wait_for_completion", [](Scene& s) { s.submit("one"); },
       [](Scene& s) { return s.workspace.get_run("one").wait_for_completion().status.name(); }},
      Operation{"follow_logs", with_run,
       [](Scene& s) {
         std::string text;
         s.workspace.get_run("ended").follow_logs([&](LogChunk const& chunk) { text += chunk.text; });
         return text;
       }},
      Operation{"cancel", [](Scene& s) { s.submit("one"); }, [](Scene& s) { return s.workspace.get_run("one").cancel().status.name(); }},
      Operation{"get_compute_target", nothing, [](Scene& s) { return s.workspace.get_compute_target("cpu-cluster").type_name(); }},
      Operation{"get_default_datastore", nothing, [](Scene& s) { return s.workspace.get_default_datastore().name(); }},
      Operation{"get_datastore", nothing, [](Scene& s) { return s.workspace.get_datastore("workspaceblobstore").type(); }},
      Operation{"download_file", with_run,
       [](Scene& s) {
         s.workspace.get_run("ended").download_file("outputs/model.txt", s.path("down/model"));
         return s.tree("down");
       }},
      Operation{"get_file_names", with_run, [](Scene& s) { return std::to_string(s.workspace.get_run("ended").get_file_names().to_vector().size()); }},
      Operation{"download_files", with_run,
       [](Scene& s) {
         s.workspace.get_run("ended").download_files({.output_directory = s.path("all")});
         return s.tree("all");
       }},
      Operation{"upload_folder", with_run,
       [](Scene& s) {
         s.workspace.get_run("ended").upload_folder("mine", s.path("results"));
         auto names = s.workspace.get_run("ended").get_file_names("mine").to_vector();
         std::sort(names.begin(), names.end());
         return testing::PrintToString(names);
       }},
      Operation{"restore_snapshot", with_run,
       [](Scene& s) {
         s.workspace.get_run("ended").restore_snapshot(s.path("restored"));
         return s.tree("restored");
       }},
      Operation{"get_datastores", nothing, [](Scene& s) { return std::to_string(s.workspace.get_datastores().to_vector().size()); }},
      Operation{"register_azure_blob_container", nothing,
       [](Scene& s) {
         return s.workspace
             .register_azure_blob_container({.datastore_name = "mine", .container_name = "c", .account_name = "account",
                                             .account_key = Secret::literal("a2V5"), .overwrite = true})
             .container_name();
       }},
      Operation{"datastore_upload", nothing,
       [](Scene& s) {
         auto const store = s.workspace.get_default_datastore();
         store.upload(s.path("results"), {.target_path = "in", .overwrite = true});
         store.download(s.path("back"), {.prefix = "in/"});
         return s.tree("back");
       }},
  };
}

struct Fault {
  char const* name;
  MockReply reply;
  bool is_got_over;  ///< By trying again; the others must come out as an error, or be no fault for that request.
};

std::vector<Fault> faults() {
  auto const json_error = R"({"error":{"code":"UserError","message":"told so"}})";
  return {
      {"throttled for seconds", throttled("3"), true},
      {"throttled until a date", throttled("Fri, 27 Mar 2026 00:00:10 GMT"), true},
      {"500", json_reply(json_error, 500), true},
      {"502 of a proxy", html_reply(502), true},
      {"503", html_reply(503), true},
      {"no answer", {.no_answer = true}, true},
      {"reset", {.reset = true}, true},
      {"late", {.status = 503, .delay = std::chrono::milliseconds(20)}, true},
      {"cut in the body", {.streamed = 100'000, .cut_after = 50'000, .reset = true}, false},
      {"shorter than it says", {.body = "{", .declared = 500}, false},
      {"HTML instead of JSON", html_reply(200), false},
      {"an empty answer", {}, false},
      {"half of JSON", json_reply(R"({"value":[{"na)"), false},
      {"JSON of another kind", json_reply("[1,2]"), false},
      {"an empty object", json_reply("{}"), false},
      {"nulls", json_reply(R"({"value":null,"id":null,"properties":null,"contentUri":null})"), false},
      {"no content", {.status = 204}, false},
      {"400", json_reply(json_error, 400), false},
      {"401", html_reply(401), false},
      {"403", html_reply(403), false},
      {"404 of a proxy", html_reply(404), false},
      {"409", json_reply(json_error, 409), false},
      {"416", {.status = 416}, false},
      {"a redirect", {.status = 302, .headers = {{"Location", "http://127.0.0.1:9/"}}}, false},
      {"no HTTP", {.raw = "SSH-2.0-OpenSSH\r\n\r\n"}, false},
      {"wrong checksum", {.headers = {{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}, {"ETag", "\"1\""}}, .body = "spoilt"}, false},
  };
}

struct FaultsOfTheService : testing::TestWithParam<std::size_t> {
  static std::shared_ptr<http::Transport> const& transport() {
    static auto const one = http::make_cpprest_transport(std::chrono::seconds(20));
    return one;
  }
};

TEST_P(FaultsOfTheService, AtEveryRequest_AreGotOverOrTold) {
  auto const operation = operations().at(GetParam());
  std::string expected;
  std::size_t requests = 0;
  {
    Scene scene(transport());
    operation.prepare(scene);
    auto const before = scene.service.server().requests().size();
    expected = operation.act(scene);
    requests = scene.service.server().requests().size() - before;
  }
  ASSERT_GT(requests, 0U);
  for (auto const& fault : faults()) {
    for (std::size_t at = 0; at < requests; ++at) {
      SCOPED_TRACE(std::string(operation.name) + ", request " + std::to_string(at) + ": " + fault.name);
      Scene scene(transport());
      operation.prepare(scene);
      scene.service.server().fault_at(at, fault.reply);
      try {
        auto const got = operation.act(scene);
        // A run that was not canceled completes, and says so; a log, which grows, has no checksum.
        bool const is_told = operation.name == std::string("cancel") && got == "Completed";
        bool const is_unsummed = (operation.name == std::string("follow_logs") || operation.name == std::string("get_all_logs")) && fault.name == std::string("wrong checksum");
        if (!is_told && !is_unsummed) {
          EXPECT_EQ(got, expected);
        }
      } catch (Error const& error) {
        EXPECT_FALSE(fault.is_got_over) << error.what();
        EXPECT_THAT(std::string(error.what()), testing::SizeIs(testing::Gt(20U)));
        EXPECT_THAT(error.what(), Not(HasSubstr(MockService::kSignature)));
        EXPECT_THAT(error.what(), Not(HasSubstr(MockService::kToken)));
        // And the service being well again, so is the call; a run may have ended meanwhile.
        EXPECT_THAT(operation.act(scene), testing::AnyOf(expected, "Completed"));
      } catch (std::exception const& error) {
        ADD_FAILURE() << "no error of the library: " << error.what();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Calls, FaultsOfTheService, testing::Range(std::size_t{0}, operations().size()),
                         [](auto const& parameter) { return operations().at(parameter.param).name; });

}  // namespace
}  // namespace azureml::test
