#include "cli/command_pages.hpp"
#include "cli/terminal.hpp"

#include <gtest/gtest.h>

using namespace azureml::cli;

TEST(TableText, WithoutATerminal_IsWhole) {
  EXPECT_EQ(table_text({{"a", "bb", "c"}, {"aaa", "b", ""}}, std::nullopt), "a    bb  c\naaa  b\n");
  EXPECT_EQ(table_text({}, 80), "");
}

TEST(TableText, NarrowTerminal_WidestColumnIsCut) {
  EXPECT_EQ(table_text({{"Completed", "a_very_long_run_name", "x"}}, 20), "Comple…  a_very_…  x\n");
  for (std::size_t width = 13; width < 40; ++width) {
    auto const line = table_text({{"Completed", "äöü_a_long_name_äöü", "x"}}, width);
    std::size_t seen = 0;
    for (char const c : line) seen += c != '\n' && (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
    EXPECT_LE(seen, width) << line;
    EXPECT_TRUE(line.ends_with("  x\n")) << line;
  }
  EXPECT_EQ(table_text({{"abcdefgh", "x"}}, 8), "abcd…  x\n");
}

TEST(TableText, ControlCharactersAndLineEnds_AreHarmless) {
  EXPECT_EQ(table_text({{"a\x1b[31m\nb\tc", "d"}}, std::nullopt), "a?[31m b c  d\n");
}

TEST(CommandPages, EveryCommand_SaysWhatItIs) {
  auto const pages = describe(all_commands());
  ASSERT_EQ(pages.size(), all_commands().size());
  for (auto const& page : pages) {
    EXPECT_FALSE(page.description.empty()) << page.name;
    for (auto const& verb : page.verbs) EXPECT_FALSE(verb.description.empty()) << verb.name;
    for (auto const& option : page.options) {
      EXPECT_FALSE(option.names.empty()) << page.name;
      EXPECT_FALSE(option.description.empty()) << page.name << ' ' << option.names.front();
    }
  }
}

TEST(OptionPage, SmallWordsWithBars_AreChoices) {
  EXPECT_EQ((OptionPage{.value = "git|service"}.choices()), (std::vector<std::string>{"git", "service"}));
  EXPECT_TRUE(OptionPage{.value = "RULE|PATH"}.choices().empty());
  EXPECT_TRUE(OptionPage{.value = "name"}.choices().empty());
}
