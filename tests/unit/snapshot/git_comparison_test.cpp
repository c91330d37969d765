// The rules that leave files out, compared with git itself on generated folders and patterns.
#include "snapshot/ignore_rules.hpp"
#include "snapshot/snapshot.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <vector>

namespace azureml::snapshot {
namespace {

using test::TemporaryFolder;

struct Verdict {
  std::string file{}, line{}, pattern{};
  friend bool operator==(Verdict const&, Verdict const&) = default;
  friend std::ostream& operator<<(std::ostream& out, Verdict const& v) {
    return out << (v.pattern.empty() ? "kept" : v.file + ":" + v.line + ":" + v.pattern);
  }
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  /// A folder of `count` files at random places, with ignore files.
  void make_case(TemporaryFolder const& root, std::string const& name, int count, std::set<std::string>& paths) {
    std::set<std::string> folders{""};
    std::map<std::string, bool> taken{};  // path -> is a folder
    for (int i = 0; i < count; ++i) {
      std::string path;
      bool fits = true;
      for (auto depth = pick(4); depth > 0 && fits; --depth) {
        path += (path.empty() ? "" : "/") + file_name();
        auto const [at, added] = taken.emplace(path, true);
        fits = at->second;
        if (fits) folders.insert(path + "/");
      }
      path += (path.empty() ? "" : "/") + file_name();
      if (fits && taken.emplace(path, false).second) root.write(name + "/" + path);
    }
    for (auto const& [path, is_folder] : taken) {
      if (is_folder) root.folder(name + "/" + path);
      paths.insert(name + "/" + path);
    }
    known_.clear();
    for (auto const& [path, is_folder] : taken) known_.push_back(path);
    for (auto const& folder : folders)
      if (folder.empty() || pick(4) == 0) root.write(name + "/" + folder + ".gitignore", ignore_file(1 + pick(6)));
  }

  /// Paths that need not exist, and the text of an ignore file for them.
  std::vector<std::string> make_paths(std::size_t count) {
    std::vector<std::string> paths;
    while (paths.size() < count) {
      auto path = file_name();
      for (auto depth = pick(4); depth > 0; --depth) path += "/" + file_name();
      paths.push_back(std::move(path));
    }
    known_ = paths;
    return paths;
  }
  std::string ignore_file(std::size_t lines) {
    std::string text = pick(10) == 0 ? "\xEF\xBB\xBF" : "";
    for (auto left = lines; left > 0; --left) text += pattern() + (left == 1 && pick(3) == 0 ? "" : "\n");
    return text;
  }
  std::size_t pick(std::size_t count) { return random_() % count; }

 private:
  template <std::size_t N>
  std::string one_of(char const* const (&pieces)[N]) {
    return pieces[pick(N)];
  }

  std::string file_name() {
    static constexpr char const* kPieces[] = {"a",   "b", "ab",  "c",   "A",   "1",   "a b", "b ", "#a",  "!b",
                                              "[a]", "*", "?a",  "\\a", "é",   "-",   "a.c", ".c", "a-b", "]",
                                              "^",   ":", "{a}", "~",   "foo", "bar", "_",   "$x", "a,b", "'"};
    auto name = one_of(kPieces);
    while (pick(3) == 0) name += one_of(kPieces);
    return name;
  }

  std::string pattern() {
    static constexpr char const* kPieces[] = {"a",
                                              "b",
                                              "ab",
                                              "c",
                                              "A",
                                              "1",
                                              " ",
                                              "*",
                                              "*",
                                              "**",
                                              "**/",
                                              "/**/",
                                              "/",
                                              "/",
                                              "?",
                                              "[a]",
                                              "[a-c]",
                                              "[!a]",
                                              "[^b-z]",
                                              "[]a]",
                                              "[]-a]",
                                              "[a-]",
                                              "[[:alpha:]]",
                                              "[[:punct:]b]",
                                              "[",
                                              "]",
                                              "\\",
                                              "\\a",
                                              "\\*",
                                              "\\?",
                                              "\\[",
                                              "[\\]]",
                                              "[a\\-z]",
                                              "[[:foo:]]",
                                              "[[:digit:]-z]",
                                              "[!/]",
                                              "é",
                                              "#",
                                              "!",
                                              ".",
                                              "-",
                                              "[a/b]",
                                              "[[:b]",
                                              "[[:space:]]",
                                              "[[:upper:][:lower:]]",
                                              "***",
                                              "foo",
                                              "bar",
                                              "[\\\\]",
                                              "\\/",
                                              "*.c",
                                              "\t",
                                              "[^",
                                              "[z-a]",
                                              "[--a]",
                                              "^",
                                              "{a}",
                                              "[[:graph:]]",
                                              "[![:alnum:]]",
                                              "[a-c-e]",
                                              "$x"};
    std::string text;
    if (pick(6) == 0) text += "!";
    if (pick(2) == 0 && !known_.empty()) return text + blurred(known_[pick(known_.size())]);
    if (pick(6) == 0) text += "/";
    for (auto left = 1 + pick(4); left > 0; --left) text += pick(3) == 0 ? escaped(file_name()) : one_of(kPieces);
    if (pick(6) == 0) text += "/";
    if (pick(10) == 0) text += "/*";
    if (pick(12) == 0) text += "/**";
    if (pick(12) == 0) text += " ";
    if (pick(20) == 0) text += "\\ ";
    if (pick(20) == 0) text += "\r";
    return text;
  }

  /// A path of this case, or its end, with some of it replaced by what may match it.
  std::string blurred(std::string path) {
    static constexpr char const* kPieces[] = {"?",     "*",    "**",  "[!x]", "[^/]", "[[:print:]]",
                                              "[ -~]", "/**/", "**/", "/",    "\\",   ""};
    if (auto const slash = path.find('/'); slash != std::string::npos && pick(2) == 0)
      path.erase(0, pick(2) == 0 ? slash + 1 : slash);
    std::string text;
    for (char const c : path) {
      if (c == '/' && pick(8) == 0)
        text += "/**/";
      else if (c != '/' && pick(6) == 0)
        text += one_of(kPieces);
      else
        text += c;
    }
    if (pick(8) == 0) text += "/";
    if (pick(12) == 0) text += "/**";
    return text;
  }

  std::string escaped(std::string const& name) {
    if (pick(2) == 0) return name;
    std::string text;
    for (char const c : name)
      text +=
          std::string_view("*?[\\!# ").find(c) == std::string_view::npos ? std::string(1, c) : std::string("\\") + c;
    return text;
  }

  std::mt19937 random_;
  std::vector<std::string> known_{};
};

/// What git says of each path; empty when there is no git.
std::map<std::string, Verdict> ask_git(TemporaryFolder const& root, std::set<std::string> const& paths) {
  auto const list = root.write(".git-comparison/list");
  auto const answer = root.path() / ".git-comparison/answer";
  {
    std::ofstream out(list, std::ios::binary);
    for (auto const& path : paths) out << path << '\0';
  }
  auto const git = "cd '" + root.path().string() +
                   "' && env -u GIT_DIR -u GIT_WORK_TREE HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent "
                   "GIT_CONFIG_NOSYSTEM=1 git ";
  if (std::system((git + "init -q . 2>/dev/null").c_str()) != 0) return {};
  // 1 says that no path at all is left out
  auto const status = std::system(
      (git + "check-ignore --no-index -v -n -z --stdin < '" + list.string() + "' > '" + answer.string() + "'").c_str());
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1) << status;
  std::ifstream in(answer, std::ios::binary);
  std::map<std::string, Verdict> verdicts;
  Verdict verdict;
  std::string path;
  while (std::getline(in, verdict.file, '\0') && std::getline(in, verdict.line, '\0') &&
         std::getline(in, verdict.pattern, '\0') && std::getline(in, path, '\0'))
    verdicts[path] = verdict.pattern.starts_with('!') ? Verdict{} : verdict;
  return verdicts;
}

int cases() {
  auto const* const text = std::getenv("AZUREML_TEST_IGNORE_CASES");
  return text ? std::atoi(text) : 60;
}

TEST(IgnoreRules, GeneratedFoldersAndPatterns_AgreeWithGit) {
  TemporaryFolder const root;
  auto const* const seed = std::getenv("AZUREML_TEST_IGNORE_SEED");
  Generator generator(seed ? static_cast<unsigned>(std::atoi(seed)) : 20260327U);
  std::set<std::string> paths;
  for (int i = 0; i < cases(); ++i) generator.make_case(root, "case" + std::to_string(i), 30, paths);
  auto const verdicts = ask_git(root, paths);
  if (verdicts.empty()) GTEST_SKIP() << "git is not installed";
  ASSERT_EQ(verdicts.size(), paths.size());

  int excluded = 0, wrong = 0;
  for (int i = 0; i < cases(); ++i) {
    auto const name = "case" + std::to_string(i) + "/";
    auto const plan = make_plan(root.path() / name);
    std::set<std::string> files;
    for (auto const& file : plan.files) files.insert(file.path);
    for (auto path = paths.lower_bound(name); path != paths.end() && path->starts_with(name) && wrong < 20; ++path) {
      auto const relative = path->substr(name.size());
      auto const* const rule = find_exclusion(plan, relative);
      auto const ours = rule ? Verdict{name + rule->rule_file, std::to_string(rule->rule_line), rule->rule} : Verdict{};
      auto const& git = verdicts.at(*path);
      excluded += rule ? 1 : 0;
      bool const is_file = std::filesystem::is_regular_file(root.path() / *path);
      if (ours == git && files.contains(relative) == (is_file && !rule)) continue;
      ++wrong;
      std::ifstream text(root.path() / (rule ? ours.file : git.file));
      std::ostringstream content;
      content << text.rdbuf();
      ADD_FAILURE() << *path << ": git says " << git << ", we say " << ours << "\n" << content.str();
    }
  }
  RecordProperty("pairs", static_cast<int>(paths.size()));
  EXPECT_GT(excluded, static_cast<int>(paths.size() / 10)) << "the patterns hardly match anything: nothing is tested";
  EXPECT_LT(excluded, static_cast<int>(paths.size() * 9 / 10));
  if (seed || cases() > 100) std::printf("%zu paths, %d left out, %d wrong\n", paths.size(), excluded, wrong);
}

/// What the rules of one file say of a path: the rule that leaves out the path or the first folder above it.
Verdict judge(IgnoreFile const& rules, std::string const& name, std::string_view path, int& index_errors) {
  for (std::size_t slash = 0; slash != std::string_view::npos;) {
    slash = path.find('/', slash + 1);
    auto const part = path.substr(0, slash);
    bool const is_folder = slash != std::string_view::npos;
    auto const* const rule = rules.match(part, is_folder);
    index_errors += rule == rules.match_slowly(part, is_folder) ? 0 : 1;
    if (rule && !rule->negative) return {name + "/.gitignore", std::to_string(rule->line), rule->text};
  }
  return {};
}

TEST(IgnoreRules, HundredThousandPairsOfPathAndPatterns_AgreeWithGit) {
  TemporaryFolder const root;
  Generator generator(20261124U);
  std::map<std::string, IgnoreFile> rules;
  std::set<std::string> paths;
  auto const* const wanted = std::getenv("AZUREML_TEST_IGNORE_PAIRS");
  std::size_t const pairs = wanted ? std::stoul(wanted) : 100'000;
  for (int i = 0; paths.size() < pairs; ++i) {
    auto const name = "case" + std::to_string(i);
    for (auto const& path : generator.make_paths(150)) paths.insert(name + "/" + path);
    auto const text = generator.ignore_file(generator.pick(8) == 0 ? 40 : 1 + generator.pick(8));
    root.write(name + "/.gitignore", text);
    rules.emplace(name, IgnoreFile(name + "/.gitignore", text));
  }
  auto const verdicts = ask_git(root, paths);
  if (verdicts.empty()) GTEST_SKIP() << "git is not installed";
  ASSERT_EQ(verdicts.size(), paths.size());
  int excluded = 0, wrong = 0, index_errors = 0;
  for (auto const& path : paths) {
    auto const name = path.substr(0, path.find('/'));
    auto const ours = judge(rules.at(name), name, std::string_view(path).substr(name.size() + 1), index_errors);
    auto const& git = verdicts.at(path);
    excluded += git.pattern.empty() ? 0 : 1;
    if (ours != git && ++wrong <= 20) ADD_FAILURE() << path << ": git says " << git << ", we say " << ours;
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(index_errors, 0) << "the index finds another rule than trying one after the other";
  RecordProperty("pairs", static_cast<int>(paths.size()));
  EXPECT_GT(excluded, static_cast<int>(paths.size() / 10)) << "the patterns hardly match anything: nothing is tested";
  EXPECT_LT(excluded, static_cast<int>(paths.size() * 9 / 10));
}

}  // namespace
}  // namespace azureml::snapshot
