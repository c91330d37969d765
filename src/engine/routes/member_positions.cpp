#include "engine/routes/members.hpp"

#include <cstddef>

namespace azureml::engine::routes {
namespace {

struct Level {
  bool object = false;
  bool expects_name = false;
  std::size_t index = 0;
  std::size_t path_size = 0;  ///< Of the path of the object or array itself.
};

/// Walks over a valid text without recursion, so that no nesting can exhaust the stack.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  std::map<std::string, TextPosition> walk() {
    while (at_ < text_.size()) {
      char const c = text_[at_];
      if (c == '"') {
        string();
      } else {
        if (c == '\n') line_start(at_ + 1);
        if (c == '{' || c == '[') open(c == '{');
        if (c == '}' || c == ']') close();
        if (c == ',') next();
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  void line_start(std::size_t at) {
    ++line_;
    line_begin_ = at;
  }
  void enter_element() {
    if (levels_.empty() || levels_.back().object) return;
    path_.resize(levels_.back().path_size);
    path_ += '\x1f' + std::to_string(levels_.back().index);
  }
  void open(bool object) {
    enter_element();
    levels_.push_back({.object = object, .expects_name = object, .index = 0, .path_size = path_.size()});
  }
  void close() {
    if (levels_.empty()) return;
    path_.resize(levels_.back().path_size);
    levels_.pop_back();
  }
  void next() {
    if (levels_.empty()) return;
    levels_.back().expects_name = levels_.back().object;
    ++levels_.back().index;
  }
  void string() {
    auto const begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    if (levels_.empty() || !levels_.back().expects_name) return;
    levels_.back().expects_name = false;
    auto const name = text_.substr(begin + 1, at_ - begin - 2);
    path_.resize(levels_.back().path_size);
    path_ += '\x1f';
    path_ += name;
    while (at_ < text_.size() && text_[at_] != ':') {
      if (text_[at_++] == '\n') line_start(at_);
    }
    ++at_;
    found_[path_] = {line_, static_cast<int>(at_ - line_begin_)};
  }

  std::string_view text_;
  std::size_t at_ = 0, line_begin_ = 0;
  int line_ = 1;
  std::string path_{};
  std::vector<Level> levels_{};
  std::map<std::string, TextPosition> found_{};
};

}  // namespace

std::map<std::string, TextPosition> member_positions(std::string_view text) { return Walker{text}.walk(); }

}  // namespace azureml::engine::routes
