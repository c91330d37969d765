#include "snapshot/private_key.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace azureml::snapshot {

namespace {

constexpr std::uint64_t kSizeMin = 27;             // of the first line of a key in PEM
constexpr std::uint64_t kBeginningMax = 16 << 10;  // no key alone is larger
constexpr std::size_t kExtensionMax = 11;

/// Source, text for people, data: never a key. Sorted.
constexpr std::array<std::string_view, 88> kOther{
    "7z",    "a",     "arrow",  "avi", "bat",  "bin",  "bmp",         "bz2",   "c",    "cc",   "class",
    "cpp",   "cs",    "css",    "csv", "cu",   "cuh",  "cxx",         "dll",   "docx", "exe",  "feather",
    "flac",  "gif",   "go",     "gz",  "h",    "h5",   "hdf5",        "hpp",   "htm",  "html", "ico",
    "ipynb", "jar",   "java",   "jl",  "jpeg", "jpg",  "js",          "jsonl", "jsx",  "lua",  "m",
    "mat",   "md",    "mov",    "mp3", "mp4",  "npy",  "npz",         "o",     "onnx", "orc",  "parquet",
    "pb",    "pdf",   "pickle", "pkl", "png",  "pptx", "proto",       "ps1",   "pt",   "pth",  "py",
    "pyc",   "pyi",   "pyx",    "r",   "rs",   "rst",  "safetensors", "scala", "sh",   "so",   "sql",
    "svg",   "swift", "tar",    "tif", "tiff", "ts",   "tsv",         "wav",   "webp", "whl",  "zip"};

constexpr std::array<std::string_view, 15> kKeyExtensions{"asc", "cer", "crt", "der", "gpg",  "key",     "ovpn", "p8",
                                                          "pem", "pgp", "pk8", "ppk", "priv", "private", "rsa"};
constexpr std::array<std::string_view, 12> kKeyWords{"key", "secret", "priv", "cred",  "token",    "rsa",
                                                     "dsa", "ssh",    "pgp",  "ed255", "identity", "cert"};

template <class Words>
bool holds(Words const& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// `-----BEGIN … PRIVATE KEY-----`, `-----BEGIN PGP PRIVATE KEY BLOCK-----`, `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY
/// ----` or PuTTY's at the front of the line.
bool begins_key(std::string_view line) {
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.starts_with("PuTTY-User-Key-File-")) return true;
  if (!line.starts_with("-----BEGIN ") && !line.starts_with("---- BEGIN ")) return false;
  auto const key = line.find("PRIVATE KEY");
  return key != std::string_view::npos && line.find("--", key) != std::string_view::npos;
}

/// A key file of Google's cloud and what is like it.
bool is_json_with_key(std::string_view text) {
  auto const begin = text.find("-----BEGIN ");
  return text.starts_with('{') && text.find("\"private_key\"") != std::string_view::npos &&
         begin != std::string_view::npos && begins_key(text.substr(begin, 80));
}

/// A sequence whose first member is the version of PKCS #1, #8 or SEC 1, or PKCS #8 encrypted (PBES2); a certificate
/// begins with another sequence, and a public key too.
bool is_der_key(std::string_view bytes) {
  if (bytes.size() < 32 || bytes[0] != 0x30) return false;
  auto const length = static_cast<unsigned char>(bytes[1]);
  if (length > 0x82) return false;
  auto const inner = bytes.substr(length < 0x80 ? 2 : length - 0x80 + 2);
  using namespace std::string_view_literals;
  if (inner.starts_with("\x02\x01\x00"sv) || inner.starts_with("\x02\x01\x01\x04"sv)) return true;
  auto const algorithm = inner.find("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D"sv);
  return inner.starts_with('\x30') && algorithm != std::string_view::npos && algorithm <= 4;
}

}  // namespace

Look look_for_key(std::string_view name, std::uint64_t size) {
  if (size < kSizeMin) return Look::none;
  std::array<char, 256> buffer{};
  auto const length = std::min(name.size(), buffer.size());
  std::transform(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(length), buffer.begin(), lower);
  std::string_view const text(buffer.data(), length);
  auto const dot = text.rfind('.');
  auto const extension = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (extension.size() <= kExtensionMax && std::binary_search(kOther.begin(), kOther.end(), extension))
    return Look::none;
  if (holds(kKeyExtensions, extension)) return Look::thorough;
  if (std::any_of(kKeyWords.begin(), kKeyWords.end(),
                  [&](auto word) { return text.find(word) != std::string_view::npos; }))
    return Look::thorough;
  return size <= kBeginningMax ? Look::beginning : Look::none;
}

bool shows_private_key(std::string_view start, Look look) {
  if (look == Look::none) return false;
  if (look == Look::thorough && is_der_key(start)) return true;
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  auto const first = std::find_if_not(start.begin(), start.end(), is_blank);
  start.remove_prefix(static_cast<std::size_t>(first - start.begin()));
  if (begins_key(start) || is_json_with_key(start)) return true;
  if (look != Look::thorough) return false;
  for (auto at = start.find("----"); at != std::string_view::npos; at = start.find("----", at + 1)) {
    auto const line = start.substr(0, at).find_last_not_of(" \t");
    bool const begins_line = line == std::string_view::npos || start[line] == '\n' || start[line] == '\r';
    if (begins_line && begins_key(start.substr(at))) return true;
  }
  return false;
}

}  // namespace azureml::snapshot
