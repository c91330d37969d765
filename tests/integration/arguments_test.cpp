#include "integration/engine_fixture.hpp"

#include <nlohmann/json.hpp>

namespace azureml::test {
namespace {

using Arguments = EngineTest;

TEST_F(Arguments, OfEveryUnpleasantKind_ReachTheScriptAsPythonWouldPassThem) {
  auto const workspace = attach();
  auto estimator = script("import json, sys\nprint(json.dumps(sys.argv[1:]))\n");
  estimator.script_params = {{"--quotes", "it's \"so\" `id` $(id) $HOME"},
                             {"--expression", "${{inputs.x}} and ${{search_space.y}}"},
                             {"--optional", "$[[--x ${{inputs.x}}]]"},
                             {"--newline", "two\nlines\r\n\ttab"},
                             {"--utf8", "gr\xC3\xBC\xC3\x9F" "e \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x8C\x8D"},
                             {"--empty", ""},
                             {"--backslash", "\\n\\\\ \\"},
                             {"--bang", "!! !$"},
                             {"--stars", "* ? [a-z] ~ {a,b}"},
                             {"--true", true},
                             {"--float", 1e-5},
                             {"--whole", 10.0},
                             {"--list", {"a b", "", "c"}},
                             {"--flag", flag},
                             {"", "-dash first"},
                             {"--semicolon", "a;b|c&d>e<f#g"}};
  auto const log = log_of(workspace.experiment("arguments").submit(estimator));
  // What Python's `script_params` makes of the same dict: values spelled by str(), empty strings dropped.
  auto const expected = nlohmann::json::parse(R"json(
    ["--quotes", "it's \"so\" `id` $(id) $HOME", "--expression", "${{inputs.x}} and ${{search_space.y}}",
     "--optional", "$[[--x ${{inputs.x}}]]", "--newline", "two\nlines\r\n\ttab", "--utf8", "gr\u00fc\u00dfe \u65e5\u672c \ud83c\udf0d",
     "--empty", "--backslash", "\\n\\\\ \\", "--bang", "!! !$", "--stars", "* ? [a-z] ~ {a,b}", "--true", "True", "--float", "1e-05",
     "--whole", "10.0", "--list", "a b", "c", "--flag", "-dash first", "--semicolon", "a;b|c&d>e<f#g"])json");
  EXPECT_EQ(nlohmann::json::parse(log, nullptr, false), expected) << log;
}

TEST_F(Arguments, OfShellAndExecutableScripts_ArriveToo) {
  auto const workspace = attach();
  write("source/run.sh", "printf '<%s>' \"$@\"\n");
  write("source/tool", "#!/bin/sh\nprintf '[%s]' \"$@\"\n");
  Estimator estimator{.source_directory = source(), .script_params = {{"--a", "x y"}}, .compute_target = "local", .entry_script = "run.sh"};
  EXPECT_EQ(log_of(workspace.experiment("shell").submit(estimator)), "<--a><x y>");
  estimator.entry_script = "tool";
  EXPECT_EQ(log_of(workspace.experiment("tool").submit(estimator)), "[--a][x y]");
}

}  // namespace
}  // namespace azureml::test
