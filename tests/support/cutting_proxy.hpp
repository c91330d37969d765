#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace azureml::test {

/// A TCP proxy on 127.0.0.1 in front of a server on it, which spoils what passes: it cuts all connections after so many
/// bytes, or one of them, or turns a bit of one byte over. Knows nothing of HTTP. Thread-safe.
class CuttingProxy {
 public:
  enum class Direction { up, down };  ///< To the server; from it.
  enum class Extent { all, one };     ///< Every connection; the one that carried the byte.

  explicit CuttingProxy(int server_port);
  ~CuttingProxy();
  CuttingProxy(CuttingProxy const&) = delete;
  CuttingProxy& operator=(CuttingProxy const&) = delete;

  [[nodiscard]] int port() const;
  /// `url` of the server, by way of the proxy.
  [[nodiscard]] std::string through(std::string const& url) const;

  /// Once, when so many more bytes have passed: connections are reset and the rest of their bytes is lost.
  void cut(Direction direction, std::uint64_t after, Extent extent = Extent::all);
  /// Once, the byte that comes after so many more.
  void flip(Direction direction, std::uint64_t after);
  /// Whatever was asked for and has not happened yet is forgotten. False when there was nothing.
  bool forget();
  [[nodiscard]] std::uint64_t passed(Direction direction) const;
  [[nodiscard]] int cuts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace azureml::test
