#include "core/access.hpp"
#include "core/make_error.hpp"
#include "http/credential_state.hpp"
#include "http/pipeline.hpp"
#include "http/token_cache.hpp"

#include <utility>

namespace azureml {

Credential Credential::from_callback(std::function<AccessToken(std::string_view scope)> get_token) {
  if (!get_token) {
    throw core::validation_error("the credential is not valid", {{"get_token", "the callback is empty",
                                                                  "give a function that returns an AccessToken"}});
  }
  auto cache = std::make_shared<http::TokenCache>(std::move(get_token));
  return Credential(
      std::make_shared<State const>(State{.token = [cache](bool refresh, Context const& context, base::Clock& clock) {
        return cache->get(refresh, context, clock);
      }}));
}

Credential Credential::from_token(Secret token) {
  if (token.empty()) {
    throw core::validation_error("the credential is not valid",
                                 {{"token", "no token was given", "give Secret::from_env, from_file or literal"}});
  }
  return Credential(
      std::make_shared<State const>(State{.token = [token = std::move(token)](bool, Context const&, base::Clock&) {
        std::string text;
        try {
          text = token.reveal();
        } catch (std::exception const& error) {
          throw core::make_error<AuthenticationError>(std::string("cannot get a token: ") + error.what());
        }
        if (text.empty())
          throw core::make_error<AuthenticationError>("cannot get a token: " + token.source() + " is empty");
        return text;
      }}));
}

http::TokenSource http::token_source(Credential const& credential, base::Clock& clock) {
  if (credential.empty()) return {};
  auto state = detail::Access::shared_state(credential);
  return [state = std::move(state), &clock](bool refresh, Context const& context) {
    return state->token(refresh, context, clock);
  };
}

}  // namespace azureml
