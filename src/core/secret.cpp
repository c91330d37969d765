#include <azureml/secret.hpp>

#include "base/digest.hpp"
#include "base/unique_fd.hpp"
#include "core/make_error.hpp"

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace azureml {
namespace {

// A key or certificate chain is a few KiB; anything larger is the wrong file.
constexpr std::size_t kSecretFileMax = 64 << 10;
constexpr std::string_view kEnv = "env:";
constexpr std::string_view kFile = "file:";

std::string read_secret_file(std::string const& path) {
  std::string text;
  try {
    text = base::read_small_file(path, kSecretFileMax);
  } catch (std::length_error const&) {
    throw core::make_error<FileError>("cannot read a secret from file '" + path +
                                      "': it is larger than 64 KiB; name the file that holds the secret alone");
  } catch (std::exception const& failure) {
    throw core::make_error<FileError>("cannot read a secret from file '" + path + "': " + failure.what() +
                                      "; create it, or allow this user to read it");
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

Secret Secret::from_env(std::string variable) {
  Secret secret;
  secret.source_ = std::string(kEnv) + std::move(variable);
  return secret;
}

Secret Secret::from_file(std::filesystem::path path) {
  Secret secret;
  secret.source_ = std::string(kFile) + path.string();
  return secret;
}

Secret Secret::literal(std::string value) {
  Secret secret;
  secret.value_ = std::move(value);
  return secret;
}

bool Secret::empty() const noexcept {
  return source_.empty() && value_.empty();
}

std::string Secret::reveal() const {
  if (source_.starts_with(kEnv)) {
    auto const name = source_.substr(kEnv.size());
    if (char const* value = std::getenv(name.c_str()); value && *value) return value;
    throw core::make_error<Error>("cannot read a secret from the environment variable '" + name +
                                  "': it is not set; set it before the program starts");
  }
  if (source_.starts_with(kFile)) return read_secret_file(source_.substr(kFile.size()));
  return value_;
}

bool operator==(Secret const& a, Secret const& b) {
  return a.source_ == b.source_ && base::equal_in_constant_time(a.value_, b.value_);
}

}  // namespace azureml
