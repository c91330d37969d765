#pragma once
#include "http/pipeline.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace azureml::test {

/// Microsoft's own emulator of the storage service, a process for the life of this object, its blobs in memory.
class Azurite {
 public:
  /// Where the program is: AZUREML_AZURITE, else where `scripts/setup --tests` puts it. Empty: it is not installed.
  static std::filesystem::path program();

  Azurite();
  ~Azurite();
  Azurite(Azurite const&) = delete;
  Azurite& operator=(Azurite const&) = delete;

  [[nodiscard]] int port() const noexcept { return port_; }
  /// Makes a container and gives its signed address. @param valid for how long, from now; negative: it has ended already
  std::string make_container(http::Pipeline const& pipeline, std::string const& name, std::chrono::seconds valid = std::chrono::hours(1)) const;
  /// A signed address of a container that is there.
  [[nodiscard]] std::string container_address(std::string const& name, std::chrono::seconds valid = std::chrono::hours(1)) const;

 private:
  pid_t process_ = -1;
  int output_ = -1;
  int port_ = 0;
};

}  // namespace azureml::test
