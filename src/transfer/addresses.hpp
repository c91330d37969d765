#pragma once
#include <azureml/context.hpp>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace azureml::transfer {

/// Gives the signed addresses of the blobs of one transfer and renews them when they end. Thread-safe.
class Addresses {
 public:
  Addresses() = default;
  Addresses(Addresses const&) = delete;
  Addresses& operator=(Addresses const&) = delete;
  virtual ~Addresses() = default;
  /// The signed address of a blob, whose name is plain text. @param refused the address that was answered 403; empty at first. Threads
  /// that were refused with the same signature share one renewal. The refused address itself comes back when there is no way to renew it.
  /// @throws ServiceError when the place refuses a new one; StoppedError
  virtual std::string blob(std::string_view name, std::string const& refused, Context const& context) = 0;
};

/// All blobs below one container, with its one signature.
class ContainerAddresses final : public Addresses {
 public:
  /// Asks for the container's address anew: `https://account/container?signature`. Empty: it cannot be renewed.
  using Renew = std::function<std::string(Context const&)>;
  explicit ContainerAddresses(std::string sas_uri, Renew renew = {});
  std::string blob(std::string_view name, std::string const& refused, Context const& context) override;
  /// The container itself, for listing.
  std::string container(std::string_view query, std::string const& refused, Context const& context);

 private:
  std::string current(std::string const& refused, Context const& context);
  void renew(std::unique_lock<std::mutex>& lock, Context const& context);

  Renew renew_;
  std::mutex mutex_{};
  std::condition_variable_any renewed_{};
  bool renewing_ = false;
  std::uint64_t renewals_ = 0;    ///< That have ended, well or not.
  std::exception_ptr failure_{};  ///< Of the last one, for those that wait for it.
  std::string sas_uri_;
};

/// `url` with a query parameter more, for example `comp=block`.
std::string with_query(std::string url, std::string_view query);

}  // namespace azureml::transfer
