// Fifty secrets are laid where people leave them. None may reach the engine's storage, its records or any log.
#include "integration/engine_fixture.hpp"

#include "support/read_file.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace azureml::test {
namespace {

namespace fs = std::filesystem;

struct Place {
  char const* file;
  char const* text;  ///< With `%` where the secret goes.
};

/// In the folder that is submitted.
constexpr std::array kPlaces{
    Place{".env", "API_KEY=%"},
    Place{".env.production", "API_KEY=%"},
    Place{".envrc", "export API_KEY=%"},
    Place{"service/.env.local", "API_KEY=%"},
    Place{".git/config", "[remote \"origin\"]\n\turl = https://user:%@example.com/x.git"},
    Place{"vendor/lib/.git/credentials", "https://user:%@example.com"},
    Place{"id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n%\n-----END OPENSSH PRIVATE KEY-----\n"},
    Place{".ssh/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\n%\n-----END OPENSSH PRIVATE KEY-----\n"},
    Place{"keys/id_ecdsa", "-----BEGIN EC PRIVATE KEY-----\n%\n-----END EC PRIVATE KEY-----\n"},
    Place{"keys/id_dsa", "-----BEGIN DSA PRIVATE KEY-----\n%\n-----END DSA PRIVATE KEY-----\n"},
    Place{"keys/server.key", "-----BEGIN RSA PRIVATE KEY-----\n%\n-----END RSA PRIVATE KEY-----\n"},
    Place{"keys/server.pem", "-----BEGIN PRIVATE KEY-----\n%\n-----END PRIVATE KEY-----\n"},
    Place{"keys/chain.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n%\n-----END PRIVATE KEY-----\n"},
    Place{"keys/locked.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n%\n-----END ENCRYPTED PRIVATE KEY-----\n"},
    Place{"deploy_key", "-----BEGIN OPENSSH PRIVATE KEY-----\n%\n-----END OPENSSH PRIVATE KEY-----\n"},
    Place{"notes/key.txt", "-----BEGIN RSA PRIVATE KEY-----\n%\n-----END RSA PRIVATE KEY-----\n"},
    Place{"signing.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n%\n-----END PGP PRIVATE KEY BLOCK-----\n"},
    Place{"store.p12", "%"},
    Place{"store.pfx", "%"},
    Place{".netrc", "machine example.com login me password %"},
    Place{"_netrc", "machine example.com login me password %"},
    Place{".pypirc", "[pypi]\nusername = __token__\npassword = %"},
    Place{".npmrc", "//registry.npmjs.org/:_authToken=%"},
    Place{".aws/credentials", "[default]\naws_secret_access_key = %"},
    Place{".azure/accessTokens.json", "[{\"accessToken\": \"%\"}]"},
    Place{".azure/msal_token_cache.json", "{\"AccessToken\": \"%\"}"},
    Place{".docker/config.json", "{\"auths\": {\"example.com\": {\"auth\": \"%\"}}}"},
    Place{".dockercfg", "{\"example.com\": {\"auth\": \"%\"}}"},
    Place{".kube/config", "users:\n- user:\n    token: %"},
    Place{".config/gcloud/application_default_credentials.json", "{\"refresh_token\": \"%\"}"},
    Place{".config/gh/hosts.yml", "github.com:\n    oauth_token: %"},
    Place{".git-credentials", "https://user:%@example.com"},
    Place{".huggingface/token", "%"},
    Place{".cache/huggingface/token", "%"},
    Place{".kaggle/kaggle.json", "{\"username\": \"me\", \"key\": \"%\"}"},
    Place{"kaggle.json", "{\"username\": \"me\", \"key\": \"%\"}"},
    Place{".pgpass", "localhost:5432:db:me:%"},
    Place{".my.cnf", "[client]\npassword=%"},
    Place{".s3cfg", "secret_key = %"},
    Place{".boto", "gs_oauth2_refresh_token = %"},
    Place{".terraform.d/credentials.tfrc.json", "{\"credentials\": {\"app.terraform.io\": {\"token\": \"%\"}}}"},
    Place{".gem/credentials", "---\n:rubygems_api_key: %"},
    Place{".cargo/credentials.toml", "[registry]\ntoken = \"%\""},
    Place{".vault-token", "%"},
    Place{".databrickscfg", "[DEFAULT]\ntoken = %"},
};
/// In the environment of the program that submits.
constexpr std::array kVariables{"AZURE_CLIENT_SECRET", "AZURE_STORAGE_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "DATABASE_PASSWORD"};

std::string canary(std::size_t number) { return "canary" + std::to_string(1000 + number) + "zQ7xW"; }

std::string with_secret(std::string text, std::size_t number) {
  text.replace(text.find('%'), 1, canary(number));
  return text;
}

/// The files beneath a folder that hold a canary, and which.
std::vector<std::string> found_beneath(fs::path const& root) {
  std::vector<std::string> found;
  for (auto const& entry : fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file()) continue;
    auto const text = read_file(entry.path());
    for (auto at = text.find("canary1"); at != std::string::npos; at = text.find("canary1", at + 1))
      found.push_back(entry.path().string() + ": " + text.substr(at, 15));
  }
  return found;
}

struct SecretsTest : EngineTest {
  ~SecretsTest() override {
    for (auto const* const name : kVariables) ::unsetenv(name);
  }
};

TEST_F(SecretsTest, FiftyCanaries_AreNeitherStoredNorLogged) {
  static_assert(kPlaces.size() + kVariables.size() >= 50);
  std::size_t number = 0;
  for (auto const& place : kPlaces) write(std::string("source/") + place.file, with_secret(place.text, number++));
  for (auto const* const name : kVariables) ::setenv(name, canary(number++).c_str(), 1);
  // Another name for what is left out must not let it in.
  fs::create_symlink(".env", source() / "settings.txt");
  write("source/certificate.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

  std::string log;
  auto const workspace = Workspace::local({.home = home(), .engine_program = AZUREML_PROGRAM},
                                          {.on_log_record = [&](LogRecord const& record) { log += std::string(record.message) + '\n'; },
                                           .log_level = LogLevel::trace});
  auto const estimator = script("import glob, os\nprint(sorted(glob.glob('**', recursive=True)))\nprint(len(os.environ))\n");
  auto const run = workspace.experiment("secrets").submit(estimator);
  auto const details = run.wait_for_completion();
  EXPECT_THAT(log_of(run), testing::HasSubstr("certificate.pem"));

  EXPECT_THAT(found_beneath(home()), testing::IsEmpty());
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("canary1")));
  EXPECT_THAT(details.run_definition, testing::Not(testing::HasSubstr("canary1")));
  auto const plan = snapshot_plan(source());
  EXPECT_EQ(std::count_if(plan.excluded.begin(), plan.excluded.end(), [](auto const& one) { return one.rule_file.empty(); }) > 0, true);
  EXPECT_THAT(to_json(plan), testing::Not(testing::HasSubstr("canary1")));
}

}  // namespace
}  // namespace azureml::test
