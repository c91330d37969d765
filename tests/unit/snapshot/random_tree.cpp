#include "unit/snapshot/random_tree.hpp"

namespace azureml::test {

RandomTree::RandomTree(unsigned seed) : random_(seed) {
  add_folder("", 0);
  for (auto left = pick(4); left > 0; --left) add_link(static_cast<int>(left));
}

std::string RandomTree::name() {
  static constexpr char const* kPieces[] = {"a",   "b",    "data", "train", ".py", ".csv", " ",   "#",   "%",
                                            "é",   "日本", "+",    "&",     "'",   "\"",   "?",   "*",   "[x]",
                                            "\\",  ";",    "=",    "~",     "A",   "😀",    "%2F", "a?b", "$",
                                            "..x", "x.",   "-",    "@",     ":",   "|",    "(1)", "<>",  "{}"};
  std::string text = kPieces[pick(std::size(kPieces))];
  while (pick(2) == 0) text += kPieces[pick(std::size(kPieces))];
  return text;
}

std::string RandomTree::text() {
  std::string bytes(pick(8) == 0 ? 0 : pick(300), '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random_());
  return bytes;
}

void RandomTree::add_folder(std::string const& path, int depth) {
  folders_.push_back(path);
  for (auto left = 1 + pick(4); left > 0; --left) {
    auto const file = path + name();
    if (std::filesystem::exists(root_.path() / file)) continue;
    root_.write(file, text());
    files_.push_back(file);
  }
  if (pick(4) == 0) root_.write(path + ".env", "SECRET=1");
  if (pick(8) == 0) root_.write(path + "id_rsa", "key");
  if (pick(5) == 0) root_.folder(path + "empty");
  for (auto left = depth < 3 ? pick(3) : 0; left > 0; --left) {
    auto const folder = path + name();
    if (!std::filesystem::exists(root_.path() / folder)) add_folder(folder + "/", depth + 1);
  }
  if (pick(3) == 0) root_.write(path + ".gitignore", ignore_file());
  if (path.empty() && pick(3) == 0) root_.write(".amlignore", ignore_file());
}

/// Within the root, relative or absolute, to a file or a folder: the root itself, one above the link, or any other.
void RandomTree::add_link(int number) {
  auto const link = folders_[pick(folders_.size())] + "link" + std::to_string(number);
  auto target = root_.path() / (pick(2) == 0 ? files_[pick(files_.size())] : folders_[pick(folders_.size())]);
  if (pick(2) == 0) target = std::filesystem::relative(target, (root_.path() / link).parent_path());
  root_.link(link, target.string());
}

std::string RandomTree::ignore_file() {
  static constexpr char const* kLines[] = {"*.csv", "data*",  "!*.py", "/a*",    "b/",    "**/train*",
                                           "*é*",   "# none", "!a",    "[a-c]*", "link1", "\\#*"};
  std::string text;
  for (auto left = 1 + pick(3); left > 0; --left) text += std::string(kLines[pick(std::size(kLines))]) + "\n";
  return text;
}

}  // namespace azureml::test
