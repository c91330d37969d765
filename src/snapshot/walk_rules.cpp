// What the rules have to say to the walk: ignore files, deny list, and what is allowed all the same.
#include "snapshot/names.hpp"
#include "snapshot/walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace azureml::snapshot {

namespace {

constexpr std::size_t kIgnoreFileMax = 4 << 20;
constexpr std::size_t kLooksMax = 300;  // at files whose names say nothing
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

/// @param words separated by a bar; none are in no text
bool holds_word(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    auto const end = std::min(words.find('|'), words.size());
    if (text.find(words.substr(0, end)) != std::string_view::npos) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace

void Walk::check_allowed() {
  for (auto const& path : allowed_.paths()) {
    std::filesystem::path const named = path;
    struct stat status {};
    bool const beneath = !path.empty() && named.is_relative() && named.lexically_normal() == named && path != ".." &&
                         !path.starts_with("../");
    if (beneath && ::fstatat(levels_.front().fd.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) continue;
    std::string rules;
    for (auto const rule : deny_rules()) rules += (rules.empty() ? "" : ", ") + std::string(rule);
    fault(shown(path) + " is neither a rule of the deny list nor a path in the folder",
          "write a path relative to the folder, or one of: " + rules, "allow");
  }
}

/// `.amlignore` stands in for the `.gitignore` beside it.
void Walk::find_rules(Level& level) {
  for (std::string_view const name : {".amlignore", ".gitignore"}) {
    if (!level.listing.has(name)) continue;
    // Git does not follow a link in the place of its own file.
    bool const is_gits = name == ".gitignore" && options_.ignore == IgnoreRules::git;
    auto const text = read_rules(level, name.data(), is_gits ? O_NOFOLLOW : 0);
    if (!text) continue;
    if (level.path.empty()) plan_.ignore_file = name;
    IgnoreFile rules(level.path + std::string(name), *text, options_.ignore);
    for (auto const& problem : rules.problems()) fault(problem, "change the line");
    level.scope = std::make_shared<Scope>(Scope{level.scope, level.path.size(), std::move(rules)});
    return;
  }
}

std::optional<std::string> Walk::read_rules(Level const& level, char const* name, int flags) {
  base::UniqueFd const fd(::openat(level.fd.get(), name, kOpenFlags | flags));
  auto const path = level.path + name;
  if (!fd) {
    if (errno != ENOENT && errno != ELOOP) fault_errno(path, errno);
    return std::nullopt;
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string text;
  char buffer[16384];
  for (;;) {
    auto const got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      fault_errno(path, errno);
      return std::nullopt;
    }
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kIgnoreFileMax) {
      fault(shown(path) + " is larger than 4 MiB", "shorten it");
      return std::nullopt;
    }
  }
}

bool Walk::deny(Level const& level, std::string_view name, unsigned char type, std::string_view& denied) {
  content_ = {};
  if (options_.ignore == IgnoreRules::service) return false;
  auto rule = level.denied;
  if (rule.empty()) {
    auto const verdict = deny_verdict(level.name, name);
    rule = verdict.rule;
    if (rule.empty() || allowed_.lifts(rule, path_)) return false;
    if (!verdict.content.empty()) {
      content_ = verdict;
      return false;
    }
  }
  if (allowed_.lifts(rule, path_)) return false;
  if (type == DT_DIR && allowed_.leads_to_path(path_)) {
    denied = rule;
    return false;
  }
  leave_out(type == DT_DIR ? path_ + "/" : path_, rule);
  return true;
}

bool Walk::exclude(Level const& level, bool is_folder) {
  if (options_.ignore == IgnoreRules::service) return exclude_as_service(level, is_folder);
  for (auto const* scope = level.scope.get(); scope; scope = scope->above.get()) {
    auto const* const rule = scope->rules.match(std::string_view(path_).substr(scope->base_size), is_folder);
    if (!rule) continue;
    if (!rule->negative) leave_out(is_folder ? path_ + "/" : path_, rule->text, scope->rules.name(), rule->line);
    return !rule->negative;
  }
  return false;
}

/// A folder is tested as if it were a file; the rules that count for what is beneath it do so when that is looked at.
bool Walk::exclude_as_service(Level const& level, bool is_folder) {
  if (!level.scope) return false;
  auto const& rules = level.scope->rules;
  auto const* const rule = IgnoreFile::later(level.inherited, rules.match(path_, false));
  if (!rule || rule->negative) return false;
  leave_out(is_folder ? path_ + "/" : path_, rule->text, rules.name(), rule->line);
  return true;
}

/// The rule that leaves out the path under its own name, or a folder above it.
std::string_view Walk::rule_against_target(std::string_view target) {
  if (options_.ignore == IgnoreRules::service) return {};
  std::string_view parent;
  for (std::size_t at = 0; at < target.size();) {
    auto const end = std::min(target.find('/', at), target.size());
    auto const name = target.substr(at, end - at);
    auto const verdict = deny_verdict(parent, name);
    parent = name;
    at = end + 1;
    if (verdict.rule.empty() || allowed_.lifts(verdict.rule, target) || allowed_.lifts(verdict.rule, path_)) continue;
    if (verdict.content.empty()) return verdict.rule;
    if (at >= target.size()) content_ = verdict;
  }
  return {};
}

/// Looks into a file that its name makes suspect, and notes it as left out when it is what it looks like.
bool Walk::holds_secret(Level const& level, char const* name, std::string_view real_name, struct stat const& status) {
  if (options_.ignore == IgnoreRules::service) return false;
  auto const size = static_cast<std::uint64_t>(status.st_size);
  auto look = std::max(look_for_key(name, size), look_for_key(real_name, size));
  if (look == Look::beginning && ++looks_ > kLooksMax) look = Look::none;
  if (look != Look::none && allowed_.lifts(kPrivateKeyRule, path_)) look = Look::none;
  if (look == Look::none && content_.rule.empty()) return false;
  bool const deep = look == Look::thorough || !content_.rule.empty();
  look_buffer_.resize(std::min<std::uint64_t>(deep ? kLookThorough : kLookBeginning, size));
  base::UniqueFd const fd(::openat(level.fd.get(), name, kOpenFlags));
  auto const got = fd ? ::pread(fd.get(), look_buffer_.data(), look_buffer_.size(), 0) : -1;
  if (got < 0) return false;  // add_file says so if it is the user's matter
  std::string_view const start(look_buffer_.data(), static_cast<std::size_t>(got));
  if (holds_word(start, content_.content))
    leave_out(path_, content_.rule);
  else if (shows_private_key(start, look))
    leave_out(path_, kPrivateKeyRule);
  else
    return false;
  return true;
}

}  // namespace azureml::snapshot
