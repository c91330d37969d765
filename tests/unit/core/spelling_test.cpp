#include "core/spelling.hpp"

#include "core/tool.hpp"
#include "unit/core/support.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <locale>
#include <random>
#include <sstream>

namespace azureml {
namespace {

using core::spell;

TEST(Spelling, Double_IsPythonsRepr) {
  EXPECT_EQ(spell(10.0), "10.0");
  EXPECT_EQ(spell(0.8), "0.8");
  EXPECT_EQ(spell(1e-05), "1e-05");
  EXPECT_EQ(spell(0.0001), "0.0001");
  EXPECT_EQ(spell(1e15), "1000000000000000.0");
  EXPECT_EQ(spell(1e16), "1e+16");
  EXPECT_EQ(spell(1.5e300), "1.5e+300");
  EXPECT_EQ(spell(123456.789), "123456.789");
  EXPECT_EQ(spell(0.0), "0.0");
  EXPECT_EQ(spell(-0.0), "-0.0");
  EXPECT_EQ(spell(5e-324), "5e-324");
  EXPECT_EQ(spell(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(spell(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(spell(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(spell(-std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(Spelling, Bool_IsPythonsWord) {
  EXPECT_EQ(spell(true), "True");
  EXPECT_EQ(spell(false), "False");
}

std::string hex_of(std::string const& bytes) {
  std::string text;
  char digits[3];
  for (unsigned char const c : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", c);
    text += digits;
  }
  return text;
}

/// 10,000 values and, for each, a line that tells Python the same value in a form nothing can misread.
struct Values {
  ScriptParams params{};
  std::string lines{};
  void add(ScriptValue value, std::string const& line) {
    params.append("", std::move(value));
    lines += line + "\n";
  }
};

Values generated_values() {
  std::mt19937_64 random(20180924);
  Values values;
  auto const add_double = [&](double value) {
    values.add(value, "d " + std::to_string(std::bit_cast<std::uint64_t>(value)));
  };
  auto const add_float = [&](float value) {
    values.add(value, "f " + std::to_string(std::bit_cast<std::uint32_t>(value)));
  };
  for (int index = 0; index < 4000; ++index) add_double(std::bit_cast<double>(random()));
  for (int index = 0; index < 1500; ++index) {
    add_double(static_cast<double>(static_cast<std::int64_t>(random() >> (random() % 60))) /
               std::pow(10.0, static_cast<double>(random() % 25)));
  }
  for (int exponent = -330; exponent < 310; exponent += 2) add_double(std::pow(10.0, exponent));
  for (int index = 0; index < 1500; ++index) add_float(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  for (int index = 0; index < 200; ++index) add_float(static_cast<float>(random() % 1000) / 100);
  for (int index = 0; index < 1200; ++index) {
    auto const value = static_cast<std::int64_t>(random() >> (random() % 64)) * (random() % 2 ? 1 : -1);
    values.add(value, "i " + std::to_string(value));
  }
  for (auto const value :
       {std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1}) {
    values.add(value, "i " + std::to_string(value));
  }
  values.add(std::numeric_limits<std::int64_t>::min(), "i -9223372036854775808");
  values.add(true, "b 1");
  values.add(false, "b 0");
  while (values.params.items().size() < 10000) {
    std::string text;
    auto const length = 1 + random() % 12;
    for (std::size_t at = 0; at < length; ++at) {
      constexpr char const* kParts[] = {"a", "Z",      "'",          "\"", "\n", "\\", " ",  "$",
                                        "é", "\u4e2d", "\U0001F600", "-",  "%s", "\t", "1.5"};
      text += kParts[random() % std::size(kParts)];
    }
    values.add(text, "s " + hex_of(text));
  }
  return values;
}

constexpr char const* kPython = R"(
import struct, sys
def spelled(kind, text):
    if kind == 'd': return str(struct.unpack('<d', struct.pack('<Q', int(text)))[0])
    if kind == 'i': return str(int(text))
    if kind == 'b': return str(bool(int(text)))
    if kind == 's': return str(bytes.fromhex(text).decode())
    bits = struct.pack('<I', int(text))
    value = struct.unpack('<f', bits)[0]
    for digits in range(1, 10):  # the shortest text that reads back as the same 32 bits
        short = '%.*g' % (digits, value)
        if value != value or struct.pack('<f', float(short)) == bits: return str(float(short))
for line in open(sys.argv[1]):
    kind, _, text = line.rstrip('\n').partition(' ')
    sys.stdout.buffer.write(spelled(kind, text).encode() + b'\0')
)";

/// What Python says to the values of `generated_values`, in one process.
std::vector<std::string> const& python_spelling() {
  static std::vector<std::string> const kTexts = [] {
    test::TemporaryDirectory const folder;
    auto const script = folder.write("spell.py", kPython);
    auto const lines = folder.write("values.txt", generated_values().lines);
    std::vector<std::string> texts;
    std::istringstream output(test::output_of({"python3", script.string(), lines.string()}));
    for (std::string text; std::getline(output, text, '\0');) texts.push_back(text);
    return texts;
  }();
  return kTexts;
}

void expect_pythons_spelling() {
  auto estimator = test::plain_estimator();
  estimator.script_params = generated_values().params;
  auto const ours = preview_arguments(estimator);
  auto const& pythons = python_spelling();
  ASSERT_EQ(ours.size(), 10000U);
  ASSERT_EQ(pythons.size(), ours.size());
  for (std::size_t index = 0; index < ours.size(); ++index) ASSERT_EQ(ours[index], pythons[index]) << "value " << index;
}

/// Puts the process into a locale and back.
class ScopedLocale {
 public:
  explicit ScopedLocale(std::locale const& locale) : old_(std::locale::global(locale)) {}
  ScopedLocale(ScopedLocale const&) = delete;
  ScopedLocale& operator=(ScopedLocale const&) = delete;
  ~ScopedLocale() {
    std::locale::global(old_);
    std::setlocale(LC_ALL, "C");
  }

 private:
  std::locale old_;
};

TEST(Spelling, TenThousandValues_AreAsPythonSpellsThem) {
  expect_pythons_spelling();
}

struct GermanNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
  std::string do_truename() const override { return "wahr"; }
};

TEST(Spelling, GlobalCppLocaleWithComma_ChangesNothing) {
  ScopedLocale const german(std::locale(std::locale::classic(), new GermanNumbers));
  std::ostringstream proof;
  proof << 1234.5;
  ASSERT_EQ(proof.str(), "1.234,5");
  expect_pythons_spelling();
}

TEST(Spelling, GermanLocaleOfTheSystem_ChangesNothing) {
  test::TemporaryDirectory const folder;
  auto const target = (folder.path() / "de_DE.UTF-8").string();
  auto const made =
      core::run_tool({"localedef", "-i", "de_DE", "-f", "UTF-8", target}, {}, {.time = std::chrono::seconds(60)});
  test::ScopedVariable const path("LOCPATH", folder.path().c_str());
  // Only C's locale: glibc never frees what `newlocale`, which std::locale calls, makes of LOCPATH. C++'s own is tested
  // above.
  ScopedLocale const restored(std::locale::classic());
  if (!made.started || !std::setlocale(LC_ALL, "de_DE.UTF-8")) {
    GTEST_SKIP() << "localedef with the locale de_DE is missing";
  }
  char proof[16];
  std::snprintf(proof, sizeof proof, "%.1f", 0.5);
  ASSERT_STREQ(proof, "0,5");
  expect_pythons_spelling();
}

}  // namespace
}  // namespace azureml
