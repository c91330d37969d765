#include "snapshot/snapshot.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <optional>

namespace azureml::snapshot {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> files(Plan const& plan) {
  std::vector<std::string> paths;
  for (auto const& file : plan.files) paths.push_back(file.path);
  return paths;
}

/// `path <- rule_file:line:rule`
std::vector<std::string> excluded(Plan const& plan) {
  std::vector<std::string> lines;
  for (auto const& e : plan.excluded)
    lines.push_back(e.path + " <- " +
                    (e.rule_file.empty() ? "" : e.rule_file + ":" + std::to_string(e.rule_line) + ":") + e.rule);
  return lines;
}

std::vector<Fault> faults(std::filesystem::path const& root) {
  try {
    make_plan(root);
  } catch (ValidationError const& error) {
    return error.faults();
  }
  return {};
}

/// The one fault there is to be.
std::string fault(std::filesystem::path const& root) {
  auto const all = faults(root);
  EXPECT_THAT(all, SizeIs(1));
  if (all.empty()) return {};
  EXPECT_EQ(all[0].field, "source_directory");
  EXPECT_FALSE(all[0].remedy.empty());
  return all[0].problem;
}

TEST(MakePlan, PlainFolder_ListsFilesByPathBytesWithSizes) {
  TemporaryFolder const root;
  root.write("b.py", "12345");
  root.write("B.py", "1");
  root.write("a/z.txt");
  root.write("a.txt", "123");
  root.write("é.txt", "12");
  root.folder("empty");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), ElementsAre("B.py", "a.txt", "a/z.txt", "b.py", "é.txt"));
  EXPECT_EQ(plan.bytes, 11U);
  EXPECT_EQ(plan.files[3].size, 5U);
  EXPECT_EQ(plan.absolute(plan.files[2]), root.path() / "a/z.txt");
  EXPECT_EQ(plan.root, root.path());
  EXPECT_THAT(plan.excluded, IsEmpty());
}

TEST(MakePlan, RelativeRootWithSlash_IsMadeAbsolute) {
  TemporaryFolder const root;
  root.write("src/train.py");
  auto const plan = make_plan(std::filesystem::relative(root.path() / "src") / "");
  EXPECT_EQ(plan.root, root.path() / "src");
  EXPECT_THAT(files(plan), ElementsAre("train.py"));
}

TEST(MakePlan, RootIsALink_IsFollowed) {
  TemporaryFolder const root;
  root.write("real/train.py");
  root.write("real/data/x");
  root.link("real/again", "data");
  root.link("alias", "real");
  EXPECT_THAT(files(make_plan(root.path() / "alias")), ElementsAre("again/x", "data/x", "train.py"));
}

TEST(MakePlan, GitAndEnvironmentFiles_NeverGo) {
  TemporaryFolder const root;
  root.write(".amlignore", "!.git\n!.env\n!.env*\n");
  root.write(".git/config", "secret");
  root.write(".env", "secret");
  root.write("sub/.git", "gitdir: elsewhere");
  root.write("sub/.env.local", "secret");
  root.write(".envs/x");
  root.write("sub/env");
  root.write(".gitattributes");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), ElementsAre(".amlignore", ".gitattributes", "sub/env"));
  EXPECT_THAT(excluded(plan), ElementsAre(".env <- .env*", ".envs/ <- .env*", ".git/ <- .git",
                                          "sub/.env.local <- .env*", "sub/.git <- .git"));
}

TEST(MakePlan, IgnoreFiles_RuleFileAndLineAreNoted) {
  TemporaryFolder const root;
  root.write(".gitignore", "# comment\n\ndata/\n*.pyc\n!keep.pyc\n");
  root.write("sub/.gitignore", "/local\n!b.pyc\n");
  root.write("data/big.bin");
  root.write("sub/data/deep/other.bin");
  root.write("a.pyc");
  root.write("keep.pyc");
  root.write("sub/b.pyc");
  root.write("sub/c.pyc");
  root.write("sub/local");
  root.write("sub/x/local");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), ElementsAre(".gitignore", "keep.pyc", "sub/.gitignore", "sub/b.pyc", "sub/x/local"));
  EXPECT_THAT(excluded(plan), ElementsAre("a.pyc <- .gitignore:4:*.pyc", "data/ <- .gitignore:3:data/",
                                          "sub/c.pyc <- .gitignore:4:*.pyc", "sub/data/ <- .gitignore:3:data/",
                                          "sub/local <- sub/.gitignore:1:/local"));
}

TEST(MakePlan, AmlignoreBesideGitignore_ReplacesItInThatFolderOnly) {
  TemporaryFolder const root;
  root.write(".gitignore", "*.bin\n");
  root.write(".amlignore", "*.log\n");
  root.write("a.bin");
  root.write("a.log");
  root.write("sub/.gitignore", "*.tmp\n");
  root.write("sub/a.tmp");
  root.write("other/.gitignore", "*.tmp\n");
  root.write("other/.amlignore", "!*.log\n");
  root.write("other/a.tmp");
  root.write("other/a.log");
  EXPECT_THAT(files(make_plan(root.path())),
              ElementsAre(".amlignore", ".gitignore", "a.bin", "other/.amlignore", "other/.gitignore", "other/a.log",
                          "other/a.tmp", "sub/.gitignore"));
}

TEST(MakePlan, ParentLeftOut_NothingInItComesBack) {
  TemporaryFolder const root;
  root.write(".amlignore", "data\n!data/keep.txt\n");
  root.write("data/keep.txt");
  root.write("data/.amlignore", "!keep.txt\n");
  EXPECT_THAT(files(make_plan(root.path())), ElementsAre(".amlignore"));
}

TEST(MakePlan, IgnoreFileThatIsAFolder_IsNoIgnoreFile) {
  TemporaryFolder const root;
  root.folder(".amlignore");
  root.write(".gitignore", "*.bin\n");
  root.write("a.bin");
  EXPECT_THAT(files(make_plan(root.path())), ElementsAre(".gitignore"));
}

TEST(MakePlan, IgnoreFileBeyondTheBound_IsAFault) {
  TemporaryFolder const root;
  root.write(".amlignore", std::string((4 << 20) + 1, '#'));
  EXPECT_THAT(fault(root.path()), HasSubstr("larger than 4 MiB"));
}

TEST(MakePlan, LinksInside_AreFollowedUnderTheirOwnNames) {
  TemporaryFolder const root;
  root.write("data/a.txt", "123");
  root.write("data/.gitignore", "*.bin\n");
  root.write("data/b.bin");
  root.link("file", "data/a.txt");
  root.link("folder", "data");
  root.link("chain", "file");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan),
              ElementsAre("chain", "data/.gitignore", "data/a.txt", "file", "folder/.gitignore", "folder/a.txt"));
  EXPECT_EQ(plan.files[0].size, 3U);
  EXPECT_EQ(plan.absolute(plan.files[0]), root.path() / "chain");
  EXPECT_EQ(plan.bytes, 3U * 4 + 6U * 2);
}

TEST(MakePlan, LinkToWhatNeverGoes_IsLeftOutToo) {
  TemporaryFolder const root;
  root.write(".env", "secret");
  root.write(".git/config", "secret");
  root.link("settings", ".env");
  root.link("configuration", ".git/config");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), IsEmpty());
  EXPECT_THAT(excluded(plan),
              ElementsAre(".env <- .env*", ".git/ <- .git", "configuration <- .git", "settings <- .env*"));
}

TEST(MakePlan, DanglingLink_IsAFaultThatNamesPathAndTarget) {
  TemporaryFolder const root;
  root.link("sub/model", "../nowhere");
  EXPECT_EQ(fault(root.path()), "'sub/model' is a link to '../nowhere', which does not exist");
}

TEST(MakePlan, LinkOutOfTheFolder_IsAFaultThatNamesPathAndTarget) {
  TemporaryFolder const root, beside;
  beside.write("data/x");
  root.link("data", (beside.path() / "data").string());
  EXPECT_EQ(fault(root.path()), "'data' is a link to '" + (beside.path() / "data").string() + "', outside the folder");
}

TEST(MakePlan, LinkToASiblingWhoseNameBeginsLikeTheRoot_IsOutside) {
  TemporaryFolder const root;
  root.write("project/train.py");
  root.write("project-data/x");
  root.link("project/data", "../project-data");
  EXPECT_EQ(fault(root.path() / "project"), "'data' is a link to '../project-data', outside the folder");
}

TEST(MakePlan, LinkToAFolderAboveIt_AddsNothing) {
  TemporaryFolder const root;
  root.write("a/x");
  root.write("top");
  root.link("a/up", "..");
  root.link("a/here", ".");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), ElementsAre("a/x", "top"));
  EXPECT_THAT(excluded(plan), ElementsAre("a/here/ <- link-loop", "a/up/ <- link-loop"));
}

TEST(MakePlan, LinksThatLeadToThemselves_AddNothing) {
  TemporaryFolder const root;
  root.link("self", "self");
  root.link("one", "other");
  root.link("other", "one");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), IsEmpty());
  EXPECT_THAT(excluded(plan), ElementsAre("one <- link-loop", "other <- link-loop", "self <- link-loop"));
}

TEST(MakePlan, FoldersThatLinkToEachOther_AreEnteredOncePerPath) {
  TemporaryFolder const root;
  root.write("a/x");
  root.write("b/y");
  root.link("a/to_b", "../b");
  root.link("b/to_a", "../a");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), ElementsAre("a/to_b/y", "a/x", "b/to_a/x", "b/y"));
  EXPECT_THAT(excluded(plan), ElementsAre("a/to_b/to_a/ <- link-loop", "b/to_a/to_b/ <- link-loop"));
}

TEST(MakePlan, BadLinkThatIsIgnored_IsNoFault) {
  TemporaryFolder const root;
  root.write(".gitignore", "gone\nout\nup\npipe\n");
  root.link("gone", "nowhere");
  root.link("out", "/etc");
  root.link("up", ".");
  ASSERT_EQ(::mkfifo((root.path() / "pipe").c_str(), 0600), 0);
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), ElementsAre(".gitignore"));
  EXPECT_THAT(excluded(plan), ElementsAre("gone <- .gitignore:1:gone", "out <- .gitignore:2:out",
                                          "pipe <- .gitignore:4:pipe", "up <- .gitignore:3:up"));
}

TEST(MakePlan, PatternForFoldersOnly_DoesNotMatchALinkAsInGit) {
  TemporaryFolder const root;
  root.write(".gitignore", "data/\n");
  root.write("real/x");
  root.link("data", "real");
  EXPECT_THAT(files(make_plan(root.path())), ElementsAre(".gitignore", "data/x", "real/x"));
}

TEST(MakePlan, PipesAndSockets_AreFaults) {
  TemporaryFolder const root;
  ASSERT_EQ(::mkfifo((root.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(fault(root.path()), "'pipe' is a pipe");
  root.link("to_pipe", "pipe");
  EXPECT_THAT(faults(root.path()), SizeIs(2));

  TemporaryFolder const other;
  int const listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (other.path() / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(listener);
  EXPECT_EQ(fault(other.path()), "'socket' is a socket");
}

TEST(MakePlan, NamesThatNoBlobCanHave_AreFaultsShownEscaped) {
  TemporaryFolder const root;
  root.write("new\nline");
  EXPECT_THAT(fault(root.path()), HasSubstr("'new\\x0aline'"));
  TemporaryFolder const other;
  other.write("caf\xE9");
  EXPECT_THAT(fault(other.path()), HasSubstr("'caf\\xe9'"));
  TemporaryFolder const folder;
  folder.write("bad\xFF/x");
  EXPECT_THAT(fault(folder.path()), HasSubstr("'bad\\xff'"));
}

TEST(MakePlan, NoFolder_IsAFaultOfTheSourceDirectory) {
  TemporaryFolder const root;
  auto const file = root.write("train.py");
  EXPECT_EQ(fault(root.path() / "gone"), "'" + (root.path() / "gone").string() + "' does not exist");
  EXPECT_EQ(fault(file), "'" + file.string() + "' is not a folder");
  EXPECT_EQ(fault({}), "is not set");
}

TEST(MakePlan, ManyFaults_AreCutAtTwenty) {
  TemporaryFolder const root;
  for (int i = 0; i < 30; ++i) root.link("link" + std::to_string(i), "nowhere");
  EXPECT_THAT(faults(root.path()), SizeIs(20));
}

TEST(MakePlan, FoldersBeyondTheBound_AreAFault) {
  TemporaryFolder const root;
  std::string path = "f";
  for (int i = 0; i < 256; ++i) path += "/f";
  root.write(path + "/x");
  EXPECT_THAT(fault(root.path()), HasSubstr("more than 256 folders deep"));
  root.write(".gitignore", "/f/f/f\n");
  EXPECT_THAT(files(make_plan(root.path())), ElementsAre(".gitignore"));
}

TEST(MakePlan, StopRequested_Throws) {
  TemporaryFolder const root;
  root.write("x");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(make_plan(root.path(), {}, stop.get_token()), StoppedError);
}

/// Runs as a user who may not read everything, also when the tests run as root.
class AsNobody {
 public:
  AsNobody() {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) throw std::runtime_error("cannot change the user");
  }
  AsNobody(AsNobody const&) = delete;
  AsNobody& operator=(AsNobody const&) = delete;
  ~AsNobody() {
    if (::getuid() == 0 && ::seteuid(0) != 0) std::abort();
  }
};

TEST(MakePlan, WhatCannotBeRead_IsAFault) {
  TemporaryFolder const root;
  std::filesystem::permissions(root.path(), std::filesystem::perms::all);
  ::chmod(root.write("secret").c_str(), 0);
  ::chmod(root.write("readable").c_str(), 0644);
  ::chmod(root.folder("closed").c_str(), 0);
  std::vector<Fault> found;
  {
    AsNobody const nobody;
    found = faults(root.path());
  }
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_THAT(found[0].problem, HasSubstr("'closed/' cannot be read: Permission denied"));
  EXPECT_THAT(found[1].problem, HasSubstr("'secret' cannot be read: Permission denied"));
  ::chmod((root.path() / "closed").c_str(), 0700);
}

TEST(MakePlan, IgnoreFileThatCannotBeRead_IsAFaultAndNotSilence) {
  TemporaryFolder const root;
  std::filesystem::permissions(root.path(), std::filesystem::perms::all);
  ::chmod(root.write(".gitignore", "*.key\n").c_str(), 0);
  std::vector<Fault> found;
  {
    AsNobody const nobody;
    found = faults(root.path());
  }
  ASSERT_FALSE(found.empty());
  EXPECT_THAT(found[0].problem, HasSubstr("'.gitignore' cannot be read"));
}

TEST(FindExclusion, PathsAndWhatIsBeneath_AreFound) {
  TemporaryFolder const root;
  root.write(".gitignore", "data/\n*.pyc\n");
  root.write("data/deep/x");
  root.write("a.pyc");
  root.write("database");
  auto const plan = make_plan(root.path());
  ASSERT_NE(find_exclusion(plan, "a.pyc"), nullptr);
  EXPECT_EQ(find_exclusion(plan, "a.pyc")->rule, "*.pyc");
  for (auto const* const path : {"data", "data/", "data/deep", "data/deep/x", "data/never/seen"}) {
    ASSERT_NE(find_exclusion(plan, path), nullptr) << path;
    EXPECT_EQ(find_exclusion(plan, path)->path, "data/");
  }
  EXPECT_EQ(find_exclusion(plan, "database"), nullptr);
  EXPECT_EQ(find_exclusion(plan, "a.py"), nullptr);
  EXPECT_EQ(find_exclusion(plan, "a.pyc.bak"), nullptr);
}

}  // namespace
}  // namespace azureml::snapshot
