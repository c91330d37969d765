#pragma once
#include "api/states.hpp"
#include "http/pipeline.hpp"
#include "support/fake_clock.hpp"
#include "support/mock_service.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <azureml/azureml.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

namespace azureml::test {

/// A workspace of the mocked service, over real sockets, whose waits take no time; `run` has ended.
struct RunTest : testing::Test {
  MockService service;
  FakeClock clock;
  TemporaryDirectory directory;
  Workspace workspace = open();
  azureml::Run run = make_run("run_1");

  void TearDown() override {
    EXPECT_THAT(service.violations(), testing::IsEmpty());
    EXPECT_THAT(service.server().unexpected(), testing::IsEmpty());
  }

  Workspace open() {
    http::PipelineOptions options;
    options.clock = &clock;
    options.token = [](bool, Context const&) { return MockService::kToken; };
    return detail::Access::make_handle<Workspace>(
        api::WorkspaceState{.subscription_id = MockService::kSubscription,
                            .resource_group = MockService::kResourceGroup,
                            .name = MockService::kWorkspace,
                            .connection = {.pipeline = http::Pipeline(options),
                                           .resource_manager = service.endpoint(),
                                           .workspace_path = MockService::workspace_path()}});
  }
  azureml::Run make_run(std::string const& id, std::string const& properties = "{}") {
    service.add_job(id, properties);
    return workspace.get_run(id);
  }

  [[nodiscard]] std::filesystem::path path(std::string const& name) const { return directory.path() / name; }
  [[nodiscard]] static std::string text_of(std::filesystem::path const& file) {
    return read_file(file);
  }
  /// Name → content of all files below a folder.
  [[nodiscard]] std::map<std::string, std::string> tree(std::string const& folder) const {
    std::map<std::string, std::string> files;
    if (!std::filesystem::exists(path(folder))) return files;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(path(folder)))
      if (entry.is_regular_file())
        files[entry.path().lexically_relative(path(folder)).generic_string()] = text_of(entry.path());
    return files;
  }

  /// Requests whose address has this in it.
  [[nodiscard]] std::size_t asked(std::string const& method, std::string const& part) {
    auto const requests = service.server().requests();
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), [&](MockRequest const& request) {
      return request.method == method && request.target.find(part) != std::string::npos;
    }));
  }
  [[nodiscard]] std::string artifact_blob(std::string const& name, std::string const& id = "run_1") const {
    return "/acct/azureml/ExperimentRun/dcid." + id + "/" + name;
  }

  template <class E, class Call>
  E thrown(Call const& call) const {
    try {
      call();
    } catch (E const& error) {
      return error;
    }
    throw std::logic_error("nothing was thrown");
  }
};

}  // namespace azureml::test
