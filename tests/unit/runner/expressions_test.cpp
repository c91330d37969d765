#include "engine/runner/expressions.hpp"

#include <gtest/gtest.h>

namespace azureml::engine::runner {
namespace {

using Names = std::vector<std::string>;

TEST(Expressions, KnownInputs_AreReplacedTextuallyAlsoInQuotes) {
  auto const result = substitute("a '${{inputs.x}}' ${{ inputs.y }}!", {{"x", "1 2"}, {"y", "$HOME"}});
  EXPECT_EQ(result.text, "a '1 2' $HOME!");
  EXPECT_TRUE(result.unknown.empty());
}

TEST(Expressions, Outputs_AreReplacedBesideInputsOfTheSameName) {
  auto const result = substitute("\"${{inputs.x}}\" \"${{ outputs.x }}\" ${{outputs.y}}", {{"x", "/in"}, {"y", "no"}}, {{"x", "/out"}});
  EXPECT_EQ(result.text, "\"/in\" \"/out\" ");
  EXPECT_EQ(result.unknown, (Names{"outputs.y"}));
}

TEST(Expressions, ValueThatLooksLikeAnExpression_IsNotLookedAtAgain) {
  auto const result = substitute("${{inputs.x}}", {{"x", "${{inputs.y}}"}});
  EXPECT_EQ(result.text, "${{inputs.y}}");
  EXPECT_TRUE(result.unknown.empty());
}

TEST(Expressions, UnknownNames_AreAllNamedOnce) {
  auto const result = substitute("${{inputs.a}} ${{search_space.lr}} ${{inputs.a}} ${{outputs.m}}", {});
  EXPECT_EQ(result.unknown, (Names{"inputs.a", "search_space.lr", "outputs.m"}));
}

TEST(Expressions, UnclosedOrSplitDollar_StaysAsItIs) {
  EXPECT_EQ(substitute("echo ${{inputs.x", {{"x", "1"}}).text, "echo ${{inputs.x");
  EXPECT_EQ(substitute("echo '$''{{inputs.x}}'", {{"x", "1"}}).text, "echo '$''{{inputs.x}}'");
}

TEST(Expressions, OptionalPart_IsKeptOnlyWithItsValue) {
  EXPECT_EQ(substitute("p $[[--lr ${{inputs.lr}}]] q", {{"lr", "0.1"}}).text, "p --lr 0.1 q");
  auto const without = substitute("p $[[--lr ${{inputs.lr}}]] q", {});
  EXPECT_EQ(without.text, "p  q");
  EXPECT_TRUE(without.unknown.empty());
}

}  // namespace
}  // namespace azureml::engine::runner
