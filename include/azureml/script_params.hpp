#pragma once
#include <azureml/data_reference.hpp>
#include <azureml/datastore.hpp>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace azureml {

/// Passes the key alone: `{"--verbose", flag}`. The same as Python's `{'--verbose': ''}`.
struct Flag { friend bool operator==(Flag, Flag) = default; };
inline constexpr Flag flag{};

template <class T> concept ScriptInteger = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
    !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// One value of `script_params`. A class of our own and not a `std::variant`, because the variant refuses `size_t`, `string_view` and
/// `{"a", "b"}`, and accepts `'x'` as 120 and `nullptr` as a crash. How it is spelled on the command line is fixed, as Python spells
/// it: `true` is `True`; a double is the shortest text that reads back equal, with a decimal point or exponent (`10.0`, `1e-05`).
class ScriptValue {
 public:
  using List = std::vector<ScriptValue>;
  ScriptValue() : value_(Flag{}) {}
  ScriptValue(Flag) : value_(Flag{}) {}
  ScriptValue(std::same_as<bool> auto value) : value_(value) {}
  ScriptValue(ScriptInteger auto value) {  ///< An unsigned value above int64's range is kept as its digits, a string.
    if (std::in_range<std::int64_t>(value)) value_ = static_cast<std::int64_t>(value);
    else value_ = std::to_string(value);
  }
  ScriptValue(std::floating_point auto value) requires (!std::same_as<decltype(value), float>) : value_(static_cast<double>(value)) {}
  ScriptValue(std::same_as<float> auto value) : value_(widened(value)) {}  ///< 0.8f is `0.8`, not `0.800000011920929`.
  ScriptValue(char const* text) : value_(std::string(text ? text : throw std::invalid_argument("a script parameter is a null pointer"))) {}
  ScriptValue(std::string text) : value_(std::move(text)) {}
  ScriptValue(std::string_view text) : value_(std::string(text)) {}
  ScriptValue(std::filesystem::path const& path) : value_(path.string()) {}
  ScriptValue(DataReference reference) : value_(std::move(reference)) {}
  ScriptValue(Datastore const& datastore) : value_(DataReference(datastore)) {}
  /// One argument for each element. A list of one is its element, because `ScriptValue{x}` means `x`.
  ScriptValue(std::initializer_list<ScriptValue> list) {
    if (list.size() == 1) value_ = list.begin()->value_;
    else value_ = List(list);
  }
  template <class T> ScriptValue(std::vector<T> const& list) : value_(List(list.begin(), list.end())) {}
  template <class T> ScriptValue(std::optional<T>) = delete;  ///< Leave the parameter out, or say `flag`.
  ScriptValue(std::same_as<char> auto) = delete;              ///< Write "x", not 'x'.
  ScriptValue(std::nullptr_t) = delete;
  template <class T> requires std::is_enum_v<T> ScriptValue(T) = delete;  ///< Say which: its name or its number.

  using Variant = std::variant<Flag, bool, std::int64_t, double, std::string, DataReference, List>;
  Variant const& get() const noexcept { return value_; }
  friend bool operator==(ScriptValue const&, ScriptValue const&);

 private:
  static double widened(float value) {
    char text[32];
    double wide = value;
    std::from_chars(text, std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr, wide);
    return wide;
  }
  Variant value_;
};
inline bool operator==(ScriptValue const& a, ScriptValue const& b) { return a.value_ == b.value_; }

/// Parameters of the entry script in the order written. The same key twice in one list is a fault of `validate()` (Python's dict
/// would lose the first silently), unless the later one was added by `append`; a list value repeats nothing but its elements, and holds no
/// lists. Put `{"", "file.csv"}` for a positional argument. As in Python an empty text is no argument.
class ScriptParams {
 public:
  /// Not `std::string`: a string can be made from `{"a", "b"}` by its iterator constructor, and then crashes.
  struct Name {
    std::string text;
    Name(char const* name) : text(name ? name : throw std::invalid_argument("the name of a script parameter is a null pointer")) {}
    Name(std::string name) : text(std::move(name)) {}
    Name(std::string_view name) : text(name) {}
    friend bool operator==(Name const&, Name const&) = default;
  };
  struct Item { Name name; ScriptValue value{}; friend bool operator==(Item const&, Item const&) = default; };

  ScriptParams() = default;
  ScriptParams(std::initializer_list<Item> items) : items_(items) {}
  ScriptValue& operator[](std::string_view name) {  ///< Finds or appends, like the dict it stands for.
    for (auto& item : items_) if (item.name.text == name) return item.value;
    return items_.emplace_back(Item{Name{name}, ScriptValue{}}).value;
  }
  void add(Name name, ScriptValue value) { items_.push_back({std::move(name), std::move(value)}); }  ///< As written in a list.
  void append(Name name, ScriptValue value) {  ///< For repeated keys: `--include a --include b`.
    appended_.push_back(items_.size());
    items_.push_back({std::move(name), std::move(value)});
  }
  std::vector<Item> const& items() const noexcept { return items_; }
  bool was_appended(std::size_t index) const noexcept { return std::binary_search(appended_.begin(), appended_.end(), index); }
  friend bool operator==(ScriptParams const&, ScriptParams const&) = default;

 private:
  std::vector<Item> items_{};
  std::vector<std::size_t> appended_{};  // indexes into items_, ascending
};

}  // namespace azureml
