#pragma once
#include <utility>  // Asio's awaitable header needs it with GCC 12 and does not include it.

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <type_traits>

namespace azureml::engine::front {

/// Runs `work` wherever `post` puts it and goes on with its result (or exception) on the coroutine's own thread. The
/// coroutine, and with it everything `work` refers to, stays where it is until then. `post` must run what it is given,
/// and must not throw.
template <class Post, class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> offload(Post& post, Work& work) {
  using Result = std::invoke_result_t<Work&>;
  auto initiate = [&post, &work](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    post([shared, &work] {
      auto result = std::make_shared<Result>();
      std::exception_ptr error;
      try {
        *result = work();
      } catch (...) {
        error = std::current_exception();
      }
      auto executor = boost::asio::get_associated_executor(*shared);
      boost::asio::post(executor, [shared, result, error] { (*shared)(error, std::move(*result)); });
    });
  };
  co_return co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const,
                                                 void(std::exception_ptr, Result)>(initiate,
                                                                                   boost::asio::use_awaitable);
}

}  // namespace azureml::engine::front
