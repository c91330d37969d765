#include "rest/storage.hpp"

#include "base/time.hpp"

#include <azureml/error.hpp>

#include <gmock/gmock.h>

#include <map>
#include <sstream>
#include <string>

namespace azureml::rest {
namespace {

using testing::HasSubstr;
using testing::Not;

DatastoreResource at(std::string endpoint, std::string protocol = "https") {
  return {.name = "d",
          .type = "AzureBlob",
          .account_name = "acct",
          .container_name = "box",
          .endpoint = std::move(endpoint),
          .protocol = std::move(protocol)};
}

TEST(ContainerUrl, EndpointOfACloud_HasTheAccountInTheHost) {
  EXPECT_EQ(container_url(at("core.windows.net")), "https://acct.blob.core.windows.net/box");
  EXPECT_EQ(container_url(at("core.chinacloudapi.cn", "HTTPS")), "https://acct.blob.core.chinacloudapi.cn/box");
  EXPECT_EQ(container_url(at("storage.example:8443")), "https://acct.blob.storage.example:8443/box");
}

TEST(ContainerUrl, NothingSaid_IsThePublicCloud) {
  EXPECT_EQ(container_url(at("", "")), "https://acct.blob.core.windows.net/box");
}

TEST(ContainerUrl, EndpointWithoutNamesBelowIt_HasTheAccountInThePath) {
  EXPECT_EQ(container_url(at("127.0.0.1:10000", "http")), "http://127.0.0.1:10000/acct/box");
  EXPECT_EQ(container_url(at("10.0.0.7", "http")), "http://10.0.0.7/acct/box");
  EXPECT_EQ(container_url(at("[::1]:10000", "http")), "http://[::1]:10000/acct/box");
  EXPECT_EQ(container_url(at("localhost:10000", "http")), "http://localhost:10000/acct/box");
  EXPECT_EQ(container_url(at("store.localhost:10000", "http")), "http://store.localhost:10000/acct/box");
  EXPECT_EQ(container_url(at("azurite:10000", "http")), "http://azurite:10000/acct/box");
}

TEST(ContainerUrl, OddContainer_IsEncoded) {
  auto datastore = at("core.windows.net");
  datastore.container_name = "$web/x y";
  EXPECT_EQ(container_url(datastore), "https://acct.blob.core.windows.net/%24web%2Fx%20y");
}

TEST(ContainerUrl, NamesThatWouldLeadElsewhere_AreRefused) {
  for (auto const* account : {"", "evil.example/", "a@b", "a b", "a?b", "a#b"}) {
    auto datastore = at("core.windows.net");
    datastore.account_name = account;
    EXPECT_THROW(container_url(datastore), ValidationError) << account;
  }
  for (auto const* endpoint : {"host/path", "user@host.example", "host.example?x", "h\r\nost"})
    EXPECT_THROW(container_url(at(endpoint)), ValidationError) << endpoint;
  EXPECT_THROW(container_url(at("core.windows.net", "ftp")), ValidationError);
  auto datastore = at("core.windows.net");
  datastore.container_name.clear();
  EXPECT_THROW(container_url(datastore), ValidationError);
}

std::map<std::string, std::string> parameters(std::string const& query) {
  std::map<std::string, std::string> result;
  std::istringstream stream(query);
  for (std::string part; std::getline(stream, part, '&');)
    result.emplace(part.substr(0, part.find('=')), part.substr(part.find('=') + 1));
  return result;
}

// The emulator's key, which is the same for everybody. Expected values: azure-storage-blob 12.27.1,
// SharedAccessSignature.generate_account with x_ms_version 2021-12-02, services blob, resource types container and
// object, permissions read, write, list, create.
constexpr char const* kKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

TEST(AccountSas, IsThatOfTheServicesOwnClient) {
  auto const expiry = *base::from_iso8601("2026-03-27T05:02:32.75Z");
  EXPECT_EQ(parameters(account_sas("devstoreaccount1", kKey, true, expiry)),
            parameters("se=2026-03-27T05%3A02%3A32Z&sp=rwlc&spr=https&sv=2021-12-02&ss=b&srt=co&sig="
                       "CwJ2HsF7Q5ejsH1IeJTAe%2FpEvCIkhllVXWzhltcnr4c%3D"));
  EXPECT_EQ(parameters(account_sas("devstoreaccount1", kKey, false, expiry)),
            parameters("se=2026-03-27T05%3A02%3A32Z&sp=rwlc&spr=https%2Chttp&sv=2021-12-02&ss=b&srt=co&sig="
                       "vvRESWu9wMUloKUj9iKqksigaO6Ch2UjwDyVwnCeZ7s%3D"));
}

TEST(AccountSas, KeyThatIsNone_IsRefusedAndNotRepeated) {
  for (auto const* key : {"", "not base64: canary"}) {
    try {
      account_sas("acct", key, true, {});
      FAIL() << "no error";
    } catch (ValidationError const& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("canary")));
    }
  }
}

TEST(SignedContainerUrl, OfASignature_KeepsItAsItIs) {
  EXPECT_EQ(signed_container_url(at("core.windows.net"), {.sas_token = "sv=1&sig=a%2Bb"}, {}),
            "https://acct.blob.core.windows.net/box?sv=1&sig=a%2Bb");
}

TEST(SignedContainerUrl, OfAKey_EndsAnHourLater) {
  auto const url = signed_container_url(at("127.0.0.1:10000", "http"), {.account_key = kKey},
                                        *base::from_iso8601("2026-03-27T04:02:32Z"));
  EXPECT_THAT(url, testing::StartsWith("http://127.0.0.1:10000/acct/box?"));
  auto const query = parameters(url.substr(url.find('?') + 1));
  EXPECT_EQ(query.at("se"), "2026-03-27T05%3A02%3A32Z");
  EXPECT_EQ(query.at("spr"), "https%2Chttp");
}

}  // namespace
}  // namespace azureml::rest
