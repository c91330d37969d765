#pragma once
#include "support/mock_server.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace azureml::test {

/// Blob storage as far as the client uses it: Put Blob, Put Block (List), Set Metadata, Get with ranges, Get
/// Properties. MD5 sums are checked. Thread-safe.
class MockBlobs {
 public:
  struct Blob {
    std::string content{};
    std::map<std::string, std::string> metadata{};
    std::map<std::string, std::string> blocks{};  ///< Uncommitted, by id.
    bool committed = false;
  };

  /// `name`: `container/path`, decoded.
  MockReply serve(MockRequest const& request, std::string const& name);
  void append(std::string const& name, std::string const& bytes);
  [[nodiscard]] std::optional<std::string> content(std::string const& name) const;
  [[nodiscard]] std::map<std::string, std::string> all() const;

 private:
  MockReply put(MockRequest const& request, std::string const& name);
  MockReply get(MockRequest const& request, std::string const& name) const;

  mutable std::mutex mutex_{};
  std::map<std::string, Blob> blobs_{};
};

/// `<Error>` with its code in the header, too.
MockReply blob_error(int status, std::string const& code, std::string const& message);

}  // namespace azureml::test
