#include "support/azurite.hpp"

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/time.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace azureml::test {

namespace {

// The emulator's account and key are the same everywhere and written in its manual.
constexpr char kAccount[] = "devstoreaccount1";
constexpr char kKey[] = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
constexpr char kVersion[] = "2021-12-02";
constexpr int kStartMilliseconds = 60'000;

std::string after(std::chrono::seconds time) {
  return base::to_iso8601(std::chrono::system_clock::now() + time).substr(0, 19) + "Z";
}

std::string sign(std::string const& text) {
  return base::percent_encode(base::to_base64(base::hmac_sha256(base::from_base64(kKey).value(), text)));
}

}  // namespace

std::filesystem::path Azurite::program() {
  if (char const* const named = std::getenv("AZUREML_AZURITE")) return named;
  std::filesystem::path const installed = std::string(AZUREML_SOURCE_ROOT) + "/build/tools/azurite/node_modules/.bin/azurite-blob";
  return std::filesystem::exists(installed) ? installed : std::filesystem::path{};
}

Azurite::Azurite() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  auto const path = program().string();
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    ::execl(path.c_str(), path.c_str(), "--inMemoryPersistence", "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
  std::string said;
  constexpr std::string_view kReady = "successfully listens on http://127.0.0.1:";
  while (true) {
    pollfd waiting{.fd = output_, .events = POLLIN, .revents = 0};
    std::array<char, 4096> piece{};
    auto const got = ::poll(&waiting, 1, kStartMilliseconds) == 1 ? ::read(output_, piece.data(), piece.size()) : 0;
    if (got <= 0) throw std::runtime_error("the storage emulator '" + path + "' did not start: " + said);
    said.append(piece.data(), static_cast<std::size_t>(got));
    auto const at = said.find(kReady);
    if (at != std::string::npos && said.find('\n', at) != std::string::npos) {
      port_ = std::atoi(said.c_str() + at + kReady.size());
      break;
    }
  }
}

Azurite::~Azurite() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  ::close(output_);
}

std::string Azurite::container_address(std::string const& name, std::chrono::seconds valid) const {
  auto const start = after(std::chrono::hours(-2)), end = after(valid);
  std::string const permissions = "rcwdl";
  auto const signature = sign(permissions + "\n" + start + "\n" + end + "\n/blob/" + kAccount + "/" + name + "\n\n\n\n" + kVersion + "\nc\n\n\n\n\n\n\n");
  return "http://127.0.0.1:" + std::to_string(port_) + "/" + kAccount + "/" + name + "?sv=" + kVersion + "&st=" + base::percent_encode(start) +
         "&se=" + base::percent_encode(end) + "&sr=c&sp=" + permissions + "&sig=" + signature;
}

std::string Azurite::make_container(http::Pipeline const& pipeline, std::string const& name, std::chrono::seconds valid) const {
  auto const end = after(std::chrono::hours(1));
  auto const signature = sign(std::string(kAccount) + "\nrwdlac\nb\nsco\n\n" + end + "\n\n\n" + kVersion + "\n\n");
  http::Request request;
  request.method = "PUT";
  request.url = "http://127.0.0.1:" + std::to_string(port_) + "/" + kAccount + "/" + name + "?restype=container&sv=" + kVersion +
                "&ss=b&srt=sco&sp=rwdlac&se=" + base::percent_encode(end) + "&sig=" + signature;
  request.headers = {{"x-ms-version", kVersion}};
  request.auth = http::AuthKind::none;
  request.idempotent = true;
  auto const response = pipeline.send(request, {});
  if (response.status != 201) throw std::runtime_error("the storage emulator answered " + std::to_string(response.status) + ": " + response.body);
  return container_address(name, valid);
}

}  // namespace azureml::test
