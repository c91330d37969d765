#include "snapshot/deny_list.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace azureml::snapshot {

namespace {

struct Rule {
  std::string_view name;    ///< The last part of the path.
  std::string_view parent;  ///< The part before it; empty: any.
  std::string_view rule;    ///< What the rule is called.
  std::string_view content{};
};

constexpr std::array<Rule, 49> kRules{{
    {".git", "", ".git"},
    {".ssh", "", ".ssh"},
    {".gnupg", "", ".gnupg"},
    {"id_rsa", "", kPrivateKeyRule},
    {"id_dsa", "", kPrivateKeyRule},
    {"id_ecdsa", "", kPrivateKeyRule},
    {"id_ecdsa_sk", "", kPrivateKeyRule},
    {"id_ed25519", "", kPrivateKeyRule},
    {"id_ed25519_sk", "", kPrivateKeyRule},
    {".azure", "", ".azure"},
    {"credentials", ".aws", ".aws/credentials"},
    {"credentials.csv", ".aws", ".aws/credentials"},
    {"gcloud", ".config", "gcloud"},
    {"application_default_credentials.json", "", "gcloud"},
    {"access_tokens.db", "", "gcloud"},
    {"credentials.db", "gcloud", "gcloud"},
    {".boto", "", ".boto"},
    {".s3cfg", "", ".s3cfg"},
    {"config.json", ".docker", ".docker/config.json"},
    {".dockercfg", "", ".docker/config.json"},
    {".dockerconfigjson", "", ".docker/config.json"},
    {"auth.json", "containers", "containers/auth.json"},
    {"config", ".kube", ".kube/config"},
    {"kubeconfig", "", ".kube/config"},
    {".netrc", "", ".netrc"},
    {"_netrc", "", ".netrc"},
    {".pypirc", "", ".pypirc"},
    {".npmrc", "", ".npmrc", "_authToken|_auth|_password"},
    {".yarnrc.yml", "", ".yarnrc.yml", "npmAuthToken|npmAuthIdent"},
    {".git-credentials", "", ".git-credentials"},
    {"credentials", "git", ".git-credentials"},
    {"hosts.yml", "gh", "gh", "oauth_token"},
    {".huggingface", "", "huggingface"},
    {"token", "huggingface", "huggingface"},
    {"stored_tokens", "huggingface", "huggingface"},
    {"kaggle.json", "", "kaggle.json"},
    {"access_token", ".kaggle", "kaggle.json"},
    {".databrickscfg", "", ".databrickscfg"},
    {".pgpass", "", ".pgpass"},
    {".my.cnf", "", ".my.cnf", "password"},
    {".mylogin.cnf", "", ".my.cnf"},
    {".vault-token", "", ".vault-token"},
    {"credentials.tfrc.json", "", "terraform"},
    {".terraformrc", "", "terraform", "token"},
    {"credentials", ".cargo", ".cargo/credentials"},
    {"credentials.toml", ".cargo", ".cargo/credentials"},
    {"credentials", ".gem", ".gem/credentials"},
    {"secrets.toml", ".streamlit", ".streamlit/secrets.toml"},
    {".htpasswd", "", ".htpasswd"},
}};

constexpr std::string_view kEnvironmentRule = ".env*";

using Table = std::unordered_multimap<std::string_view, Rule const*>;

Table const& table() {
  static Table const table = [] {
    Table rules;
    for (auto const& rule : kRules) rules.emplace(rule.name, &rule);
    return rules;
  }();
  return table;
}

/// Bundles of a key with its certificate, PuTTY's keys and Java's stores: never without a private key.
bool is_key_store(std::string_view name) {
  auto const dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot != 4) return false;
  std::string extension(name.substr(dot + 1));
  for (auto& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return extension == "p12" || extension == "pfx" || extension == "ppk" || extension == "jks";
}

}  // namespace

DenyVerdict deny_verdict(std::string_view parent, std::string_view name) {
  if (name.starts_with(kEnvironmentRule.substr(0, 4))) return {.rule = kEnvironmentRule};
  auto const [first, last] = table().equal_range(name);
  for (auto rule = first; rule != last; ++rule)
    if (rule->second->parent.empty() || rule->second->parent == parent)
      return {.rule = rule->second->rule, .content = rule->second->content};
  if (is_key_store(name)) return {.rule = kPrivateKeyRule};
  return {};
}

std::vector<std::string_view> deny_rules() {
  std::set<std::string_view> names{kEnvironmentRule};
  for (auto const& rule : kRules) names.insert(rule.rule);
  return {names.begin(), names.end()};
}

Allowed::Allowed(std::vector<std::string> const& allow) {
  auto const known = deny_rules();
  for (std::string_view entry : allow) {
    if (std::find(known.begin(), known.end(), entry) != known.end()) rules_.emplace(entry);
    // A name of a rule may be a path as well; then both are meant, and the rule's is the wider.
    if (rules_.contains(entry)) continue;
    while (entry.starts_with("./")) entry.remove_prefix(2);
    while (entry.size() > 1 && entry.ends_with('/')) entry.remove_suffix(1);
    paths_.emplace(entry);
  }
}

bool Allowed::lifts(std::string_view rule, std::string_view path) const {
  if (rules_.contains(rule)) return true;
  return std::any_of(paths_.begin(), paths_.end(), [&](std::string_view allowed) {
    return path.starts_with(allowed) && (path.size() == allowed.size() || path[allowed.size()] == '/');
  });
}

bool Allowed::leads_to_path(std::string_view folder) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](std::string_view allowed) {
    return allowed.size() > folder.size() && allowed.starts_with(folder) && allowed[folder.size()] == '/';
  });
}

}  // namespace azureml::snapshot
