#include "snapshot/deny_list.hpp"

#include "snapshot/private_key.hpp"
#include "snapshot/snapshot.hpp"
#include "unit/snapshot/temporary_folder.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace azureml::snapshot {
namespace {

using namespace std::string_literals;
using test::TemporaryFolder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string const kKey = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n";
std::string const kCertificate = "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE\n-----END CERTIFICATE-----\n";

std::vector<std::string> files(Plan const& plan) {
  std::vector<std::string> paths;
  for (auto const& file : plan.files) paths.push_back(file.path);
  return paths;
}

/// The rule that leaves out the file when it is alone in a folder; empty when it goes up.
std::string rule_against(std::string const& path, std::string const& content, SnapshotOptions const& options = {}) {
  TemporaryFolder const root;
  root.write(path, content);
  auto const plan = make_plan(root.path(), options);
  EXPECT_EQ(plan.files.size() + plan.excluded.size(), 1U) << path;
  if (plan.excluded.empty()) return {};
  EXPECT_THAT(plan.excluded[0].rule_file, IsEmpty());
  EXPECT_EQ(plan.excluded[0].rule_line, 0);
  EXPECT_TRUE(find_exclusion(plan, path)) << path;
  return plan.excluded[0].rule;
}

struct Secret {
  char const *path, *content, *rule;
};
class SecretFile : public ::testing::TestWithParam<Secret> {};

TEST_P(SecretFile, Alone_IsLeftOutByItsRuleAndGoesUpWhenAllowed) {
  auto const& [path, content, rule] = GetParam();
  EXPECT_EQ(rule_against(path, content), rule);
  EXPECT_EQ(rule_against(path, content, {.allow = {rule}}), "");
  EXPECT_EQ(rule_against(path, content, {.allow = {path}}), "");
  EXPECT_EQ(rule_against("project/" + std::string(path), content), rule);
  EXPECT_THAT(deny_rules(), Contains(std::string_view(rule)));
}

INSTANTIATE_TEST_SUITE_P(
    ByName, SecretFile,
    ::testing::Values(Secret{".git/config", "", ".git"}, Secret{".env", "", ".env*"}, Secret{".env.local", "", ".env*"},
                      Secret{"keys/id_rsa", "", "private-key"}, Secret{"id_ed25519", "", "private-key"},
                      Secret{"store.p12", "", "private-key"}, Secret{"Store.PFX", "", "private-key"},
                      Secret{"x.ppk", "", "private-key"}, Secret{".ssh/known_hosts", "", ".ssh"},
                      Secret{".aws/credentials", "", ".aws/credentials"}, Secret{".azure/tokens.json", "", ".azure"},
                      Secret{".docker/config.json", "{}", ".docker/config.json"},
                      Secret{".kube/config", "", ".kube/config"}, Secret{".netrc", "", ".netrc"},
                      Secret{".pypirc", "", ".pypirc"}, Secret{".git-credentials", "", ".git-credentials"},
                      Secret{".huggingface/token", "hf_x", "huggingface"},
                      Secret{".cache/huggingface/token", "hf_x", "huggingface"},
                      Secret{"kaggle.json", "{}", "kaggle.json"}, Secret{".config/gcloud/x", "", "gcloud"},
                      Secret{"application_default_credentials.json", "{}", "gcloud"}, Secret{".pgpass", "", ".pgpass"},
                      Secret{".cargo/credentials.toml", "", ".cargo/credentials"}));
INSTANTIATE_TEST_SUITE_P(
    ByContent, SecretFile,
    ::testing::Values(
        Secret{".npmrc", "//registry.npmjs.org/:_authToken=x\n", ".npmrc"},
        Secret{"deploy", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n", "private-key"},
        Secret{"notes.txt", "\xEF\xBB\xBF\n -----BEGIN PRIVATE KEY-----\nMIIE\n", "private-key"},
        Secret{"server.key", "-----BEGIN EC PRIVATE KEY-----\nMHc\n", "private-key"},
        Secret{"server.pem", "Bag Attributes\r\n-----BEGIN ENCRYPTED PRIVATE KEY-----\r\nMIIF\r\n", "private-key"},
        Secret{"backup.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ\n", "private-key"},
        Secret{"secrets.yaml", "tls:\n  -----BEGIN DSA PRIVATE KEY-----\n", "private-key"},
        Secret{"old_identity", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nx\n", "private-key"},
        Secret{"putty", "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n", "private-key"},
        Secret{"service.json", R"({"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\nMII"})",
               "private-key"}));

TEST(DenyList, KeyBehindACertificate_IsFound) {
  EXPECT_EQ(rule_against("bundle.pem", kCertificate + kKey), "private-key");
}

TEST(DenyList, KeyInDer_IsFoundInAFileNamedAsOne) {
  auto const rest = std::string(64, 'x');
  EXPECT_EQ(rule_against("server.key", "\x30\x82\x04\xA4\x02\x01\x00"s + rest), "private-key");
  EXPECT_EQ(rule_against("server.der", "\x30\x77\x02\x01\x01\x04\x20"s + rest), "private-key");
  EXPECT_EQ(rule_against("server.p8", "\x30\x82\x05\x0E\x30\x40\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D"s + rest),
            "private-key");
  EXPECT_EQ(rule_against("server.cer", "\x30\x82\x03\x77\x30\x82\x02\x5F"s + rest), "");
}

class HarmlessFile : public ::testing::TestWithParam<std::pair<char const*, std::string>> {};

TEST_P(HarmlessFile, Alone_GoesUp) {
  EXPECT_EQ(rule_against(GetParam().first, GetParam().second), "");
}

INSTANTIATE_TEST_SUITE_P(
    Names, HarmlessFile,
    ::testing::Values(std::pair{"server.pem", kCertificate},
                      std::pair{"id_rsa.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB x@y"s},
                      std::pair{"public.key", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"s},
                      std::pair{".npmrc", "registry=https://registry.npmjs.org\n"s}, std::pair{"environment.yml", ""s},
                      std::pair{"config.json", R"({"lr": 0.1, "private_key": "no, this is a name of a column"})"s},
                      std::pair{"credentials", "a table of them"s}, std::pair{"token", "a word of a vocabulary"s},
                      std::pair{"test_keys.py", "KEY = '''\n" + kKey + "'''\n"}, std::pair{".gitignore", ""s},
                      std::pair{"README.md", "Write\n-----BEGIN PRIVATE KEY-----\n"s},
                      std::pair{"about.txt", "A key begins with\n-----BEGIN PRIVATE KEY-----\n"s}));

TEST(DenyList, LinkWithAnotherName_LetsNothingOut) {
  TemporaryFolder const root;
  root.write(".aws/credentials", "x");
  root.write(".npmrc", "//r/:_authToken=x");
  root.write("server.pem", kCertificate + kKey);
  root.link("conf", ".aws");
  root.link("npm", ".npmrc");
  root.link("data.csv", "server.pem");
  auto const plan = make_plan(root.path());
  EXPECT_THAT(files(plan), IsEmpty());
  ASSERT_TRUE(find_exclusion(plan, "conf/credentials"));
  EXPECT_EQ(find_exclusion(plan, "conf/credentials")->rule, ".aws/credentials");
  EXPECT_EQ(find_exclusion(plan, "npm")->rule, ".npmrc");
  EXPECT_EQ(find_exclusion(plan, "data.csv")->rule, "private-key");
}

TEST(DenyList, PathWithinAFolderThatIsDenied_IsAllowedAlone) {
  TemporaryFolder const root;
  root.write(".azure/config", "x");
  root.write(".azure/tokens.json", "x");
  root.write(".azure/deep/y", "x");
  auto const plan = make_plan(root.path(), {.allow = {".azure/config"}});
  EXPECT_THAT(files(plan), ElementsAre(".azure/config"));
  ASSERT_THAT(plan.excluded, SizeIs(2));
  EXPECT_EQ(plan.excluded[0].path, ".azure/deep/");
  EXPECT_EQ(plan.excluded[1].path, ".azure/tokens.json");
  EXPECT_EQ(plan.excluded[1].rule, ".azure");
}

TEST(DenyList, FolderThatIsAllowed_IsAllowedWithAllBeneath) {
  TemporaryFolder const root;
  root.write("conf/.env", "x");
  root.write("conf/deep/id_rsa", kKey);
  root.write("other/.env", "x");
  EXPECT_THAT(files(make_plan(root.path(), {.allow = {"./conf/"}})), ElementsAre("conf/.env", "conf/deep/id_rsa"));
}

TEST(DenyList, WhatIsAllowed_StillObeysTheIgnoreFiles) {
  TemporaryFolder const root;
  root.write(".gitignore", ".env\n");
  root.write(".env", "x");
  auto const plan = make_plan(root.path(), {.allow = {".env*"}});
  EXPECT_THAT(files(plan), ElementsAre(".gitignore"));
  EXPECT_EQ(find_exclusion(plan, ".env")->rule_file, ".gitignore");
}

TEST(DenyList, AllowThatMatchesNothing_IsAFault) {
  TemporaryFolder const root;
  root.write("train.py");
  for (std::string const entry :
       {"privat-key", "gone.pem", "/etc/passwd", "../up", "train.py/x", "a/../train.py", ""}) {
    try {
      make_plan(root.path(), {.allow = {entry, "private-key", "train.py"}});
      ADD_FAILURE() << entry << " was taken";
    } catch (ValidationError const& error) {
      ASSERT_THAT(error.faults(), SizeIs(1));
      EXPECT_EQ(error.faults()[0].field, "allow");
      EXPECT_THAT(error.faults()[0].problem, HasSubstr("'" + entry + "' is neither a rule"));
      EXPECT_THAT(error.faults()[0].remedy, HasSubstr("private-key"));
    }
  }
}

TEST(DenyList, ManySmallFilesThatCouldBeAnything_AreLookedAtUpToTheBound) {
  TemporaryFolder const root;
  for (int i = 0; i < 300; ++i) root.write("a/" + std::to_string(1000 + i) + ".txt", std::string(100, 'x'));
  root.write("a/0.txt", kKey);
  root.write("b/beyond.txt", kKey);
  root.write("b/my_key.txt", kKey);
  auto const plan = make_plan(root.path());
  EXPECT_TRUE(find_exclusion(plan, "a/0.txt"));
  EXPECT_TRUE(find_exclusion(plan, "b/my_key.txt"));  // its name says what it may be
  EXPECT_FALSE(find_exclusion(plan, "b/beyond.txt"));
}

TEST(LookForKey, NameAndSize_DecideHowCloselyAFileIsLookedAt) {
  EXPECT_EQ(look_for_key("notes", 100), Look::beginning);
  EXPECT_EQ(look_for_key("notes", 20 << 10), Look::none);
  EXPECT_EQ(look_for_key("notes", 10), Look::none);
  EXPECT_EQ(look_for_key("server.PEM", 1 << 20), Look::thorough);
  EXPECT_EQ(look_for_key("Deploy-Key.txt", 1 << 20), Look::thorough);
  EXPECT_EQ(look_for_key("keys.py", 100), Look::none);
  EXPECT_EQ(look_for_key(std::string(255, 'k'), 100), Look::beginning);
}

}  // namespace
}  // namespace azureml::snapshot
