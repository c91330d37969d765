#include "unit/front/front_fixture.hpp"

#include "base/encoding.hpp"

#include <utility>

namespace azureml::tests {

using namespace engine::front;

SerialThread::SerialThread()
    : thread_([this] {
        for (;;) {
          std::function<void()> task;
          {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return ending_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
          }
          task();
        }
      }) {}

SerialThread::~SerialThread() {
  {
    std::lock_guard const lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SerialThread::post(std::function<void()> task) {
  {
    std::lock_guard const lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

engine::store::Identity an_identity() {
  return {.home_id = "11111111-1111-4111-8111-111111111111",
          .workspace_id = "22222222-2222-4222-8222-222222222222",
          .storage_account = "azureml0badcafe",
          .account_key = base::to_base64(std::string(64, 'a')),
          .token_key = base::to_base64(std::string(32, 't')),
          .hello_key = base::to_base64(std::string(32, 'h')),
          .port = 0};
}

FrontFixture::FrontFixture(std::vector<Operation> operations, ServerLimits limits,
                           std::function<RunState(std::string const&)> run_state) {
  listener_ = std::make_unique<Listener>(std::uint16_t{0}, limits, logging::Logger{});
  if (!run_state) run_state = [](std::string const&) { return RunState{.known = true}; };
  DispatcherOptions options{.operations = std::move(operations),
                            .storage_account = identity_.storage_account,
                            .hosts = {.port = listener_->port()},
                            .check_sas =
                                [](engine::routes::Request const& request) {
                                  if (request.query_value("sig") != "good")
                                    throw engine::routes::ApiError{.status = 403,
                                                                   .code = "AuthenticationFailed",
                                                                   .message = "Signature did not match."};
                                },
                            .run_state = std::move(run_state)};
  dispatcher_ = std::make_unique<Dispatcher>(std::move(options), tokens_, base::real_clock(), logging::Logger{});
  listener_->start(*dispatcher_, notifier_, [this](std::function<void()> task) { store_.post(std::move(task)); });
}

FrontFixture::~FrontFixture() {
  listener_.reset();
}

std::string FrontFixture::bearer() const {
  return "Authorization: Bearer " + tokens_.home_token(base::real_clock().now(), kHomeTokenLife) + "\r\n";
}

Operation open_route(std::string method, std::string pattern,
                     std::function<engine::routes::Reply(engine::routes::Request const&)> handle) {
  return {.name = "test." + method,
          .method = std::move(method),
          .pattern = std::move(pattern),
          .plane = engine::routes::Plane::engine,
          .auth = engine::routes::Auth::none,
          .handle = std::move(handle)};
}

void Signal::set() {
  std::lock_guard const lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

bool Signal::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [&] { return set_; });
}

}  // namespace azureml::tests
