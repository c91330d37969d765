#include "core/quoting.hpp"

#include "unit/core/support.hpp"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

namespace azureml::core {
namespace {

TEST(Quoting, PlainWord_StandsBare) {
  EXPECT_EQ(quote_word("--data-folder"), "--data-folder");
  EXPECT_EQ(quote_word("a/b.c:d=e,f@g%h+i_j"), "a/b.c:d=e,f@g%h+i_j");
}

TEST(Quoting, AnythingElse_StandsInSingleQuotes) {
  EXPECT_EQ(quote_word(""), "''");
  EXPECT_EQ(quote_word("a b"), "'a b'");
  EXPECT_EQ(quote_word("it's"), "'it'\\''s'");
  EXPECT_EQ(quote_word("~"), "'~'");
  EXPECT_EQ(quote_word("größe"), "'größe'");
  EXPECT_EQ(quote_word("a\nb"), "'a\nb'");
}

TEST(Quoting, ServicesPlaceholders_AreSplit) {
  EXPECT_EQ(quote_word("${{inputs.x}}"), "'$''{{inputs.x}}'");
  EXPECT_EQ(quote_word("$[[x]]"), "'$''[[x]]'");
  EXPECT_EQ(quote_word("${{${{"), "'$''{{$''{{'");
  EXPECT_EQ(quote_word("$$[["), "'$$''[['");
}

TEST(Quoting, OurPlaceholders_StandInDoubleQuotes) {
  EXPECT_EQ(input_placeholder("ds"), "\"${{inputs.ds}}\"");
  EXPECT_EQ(output_placeholder("model"), "\"${{outputs.model}}\"");
}

using Arguments = std::vector<std::string>;

std::string random_argument(std::mt19937& random) {
  constexpr char const* kParts[] = {
      "a",      "B",  "7",   " ",  "'",     "\"",      "\n",    "$", "${{x}}", "${{inputs.data}}",
      "$[[y]]", "{{", "}}",  "[[", "`",     "\\",      "!",     "é", "日",     "\U0001F680",
      "--",     "-",  "=",   "~",  "*",     "?",       ";",     "&", "|",      "<",
      ">",      "(",  ")",   "#",  "$(id)", "${HOME}", "$HOME", "%", "\t",     "\r",
      "^",      "$'", "\\n", "''", "$"};
  std::string text;
  auto const length = random() % 8;
  for (std::size_t index = 0; index < length; ++index) text += kParts[random() % std::size(kParts)];
  return text;
}

/// Textual and blind to quotes, as the service does it.
std::string substituted(std::string const& command) {
  static std::regex const kExpression(R"(\$\{\{[^}]*\}\}|\$\[\[[^\]]*\]\])");
  return std::regex_replace(command, kExpression, "SUBSTITUTED");
}

/// What a shell makes of a command line for each list, in one process.
std::vector<Arguments> seen_by_script(std::string const& shell, std::vector<Arguments> const& lists) {
  // `show` is the script: it prints the number of its arguments and each of them, ended by NUL.
  std::string command = "show() { printf '%s\\0' \"$#\" \"$@\"; }\n";
  for (auto const& list : lists) {
    std::string line = "show";
    for (auto const& argument : list) line += " " + quote_word(argument);
    command += line + "\n";
  }
  auto const output = test::output_of({shell, "-c", substituted(command)});
  std::vector<std::string> words;
  for (std::size_t at = 0; at < output.size(); at = output.find('\0', at) + 1)
    words.push_back(output.substr(at, output.find('\0', at) - at));
  std::vector<Arguments> seen;
  for (std::size_t at = 0; at < words.size();) {
    auto const count = std::stoul(words[at++]);
    seen.emplace_back(words.begin() + static_cast<std::ptrdiff_t>(at),
                      words.begin() + static_cast<std::ptrdiff_t>(std::min(at + count, words.size())));
    at += count;
  }
  return seen;
}

class QuotingProperty : public testing::TestWithParam<char const*> {};

TEST_P(QuotingProperty, RandomLists_ArriveAsTheyWere) {
  std::mt19937 random(42);
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<Arguments> lists(125);
    for (auto& list : lists) {
      list.resize(random() % 7);
      for (auto& argument : list) argument = random_argument(random);
    }
    ASSERT_EQ(seen_by_script(GetParam(), lists), lists) << "batch " << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(Shells, QuotingProperty, testing::Values("bash", "dash"),
                         [](auto const& shell) { return std::string(shell.param); });

TEST(Quoting, SubstitutionOfTheTest_FindsWhatIsNotSplit) {
  EXPECT_EQ(substituted("'${{x}}' \"$[[y]]\""), "'SUBSTITUTED' \"SUBSTITUTED\"");
}

}  // namespace
}  // namespace azureml::core
