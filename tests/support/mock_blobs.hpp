#pragma once
#include "support/mock_server.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace azureml::test {

/// Blob storage as far as the client uses it: Put Blob, Put Block (List), Set Metadata, Get with ranges, Get
/// Properties, List Blobs. MD5 sums are checked. Thread-safe.
class MockBlobs {
 public:
  struct Blob {
    std::string content{};
    std::string md5{};  ///< In base64; of a list of blocks, what the writer says.
    std::map<std::string, std::string> metadata{};
    std::map<std::string, std::string> blocks{};  ///< Uncommitted, by id.
    bool committed = false;
  };

  /// `name`: `container/path`, decoded.
  MockReply serve(MockRequest const& request, std::string const& name);
  /// Two blobs on a page, after an empty first page that has a marker.
  [[nodiscard]] MockReply list(MockRequest const& request, std::string const& container) const;
  void append(std::string const& name, std::string const& bytes);
  [[nodiscard]] std::optional<std::string> content(std::string const& name) const;
  [[nodiscard]] std::map<std::string, std::string> all() const;
  [[nodiscard]] std::map<std::string, std::string> metadata(std::string const& name) const;

  /// From now on any other `sig` is refused with 403, as one that has expired is.
  void require_signature(std::string signature);
  /// From now on answers to writes tell a wrong MD5.
  void tell_wrong_md5();
  /// Requests to write that had bytes and no MD5 of them.
  [[nodiscard]] int without_md5() const;
  /// How often each block, by name of the blob and id, has been taken.
  [[nodiscard]] std::map<std::string, int> blocks_taken() const;

 private:
  MockReply put(MockRequest const& request, std::string const& name);
  MockReply put_block(MockRequest const& request, std::string const& name);
  MockReply put_block_list(MockRequest const& request, std::string const& name);
  MockReply get(MockRequest const& request, std::string const& name) const;
  [[nodiscard]] MockReply get_block_list(std::string const& name) const;
  [[nodiscard]] MockReply created(MockRequest const& request) const;

  mutable std::mutex mutex_{};
  std::map<std::string, Blob> blobs_{};
  std::map<std::string, int> blocks_taken_{};
  std::string signature_{};
  bool tells_wrong_md5_ = false;
  int without_md5_ = 0;
};

/// `<Error>` with its code in the header, too.
MockReply blob_error(int status, std::string const& code, std::string const& message);

}  // namespace azureml::test
