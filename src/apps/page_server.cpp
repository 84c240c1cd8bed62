// SPDX-License-Identifier: MIT
#include "page_server.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <semaphore>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>

#include "drawing_page.hpp"
#include "page_address.hpp"
#include "page_connection.hpp"
#include "page_request.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

using namespace std::chrono_literals;

// A browser takes up to six connections.
constexpr int kThreads = 16;
constexpr int kMostWaiting = 64;

/// Threads for a bounded number of connections; the others wait in the system's queue.
class ConnectionQueue final : public httplib::TaskQueue {
 public:
  explicit ConnectionQueue(const std::atomic<bool>& is_stopping)
      : is_stopping_(is_stopping), threads_(kThreads) {}

  void enqueue(std::function<void()> connection) override {
    while (!free_.try_acquire_for(50ms)) {
      if (is_stopping_) return;
    }
    threads_.enqueue([this, connection = std::move(connection)] {
      connection();
      free_.release();
    });
  }

  void shutdown() override { threads_.shutdown(); }

 private:
  const std::atomic<bool>& is_stopping_;
  std::counting_semaphore<> free_{kThreads + kMostWaiting};
  httplib::ThreadPool threads_;
};

void answer_refusal(const Refusal& refusal, httplib::Response& response) {
  response.status = refusal.status;
  response.set_content(refusal.message + "\n", "text/plain; charset=utf-8");
  if (refusal.status == 405) response.set_header("Allow", "GET, HEAD, POST");
}

httplib::Headers headers_of_all_answers() {
  return {{"Cache-Control", "no-store"},
          {"Content-Security-Policy",
           "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
           "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Referrer-Policy", "no-referrer"},
          {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace

class PageServer::Implementation final : public httplib::Server {
 public:
  Implementation(const PageServerOptions& options, AnswerImage answer)
      : address_(options.address), answer_(std::move(answer)) {
    new_task_queue = [this] { return new ConnectionQueue(is_stopping_); };
    set_default_headers(headers_of_all_answers());
    // Not SO_REUSEPORT, httplib's choice: two servers would share one port.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    route();
    bind(options.port);
  }

  [[nodiscard]] std::string url() const {
    const bool is_v6 = address_.find(':') != std::string::npos;
    return fmt::format("http://{}:{}/", is_v6 ? "[" + address_ + "]" : address_, port_);
  }

  void serve() {
    const bool is_done = listen_after_bind();
    has_ended_ = true;
    require(is_done || is_stopping_, ExitCode::kFailure, "{}: accepts no more connections", url());
  }

  void end() {
    is_stopping_ = true;
    while (!is_running() && !has_ended_) std::this_thread::sleep_for(1ms);
    if (!has_ended_) stop();
  }

 private:
  void route() {
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      const std::optional<Refusal> refusal = refusal_of(request, address_);
      if (!refusal) return HandlerResponse::Unhandled;
      answer_refusal(*refusal, response);
      return HandlerResponse::Handled;
    });
    Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(kDrawingPage.data(), kDrawingPage.size(), "text/html; charset=utf-8");
    });
    Post("/predict", [this](const httplib::Request& request, httplib::Response& response) {
      response.set_content(answer_(std::as_bytes(std::span(request.body))), "application/json");
    });
  }

  void bind(int port) {
    require(is_numeric(address_), ExitCode::kUsage,
            "--serve-address: expected a numeric address, as 127.0.0.1, got \"{}\"", address_);
    errno = 0;
    port_ = port == 0 ? bind_to_any_port(address_) : bind_to_port(address_, port) ? port : -1;
    require(port_ > 0, ExitCode::kUsage,
            "{} port {}: cannot be opened ({}); choose another port, or 0 for any that is free",
            address_, port,
            errno == 0 ? "in use, or no address of this machine" : system_error_text(errno));
  }

  /// One request for each connection: there is no next one whose beginning could be argued about.
  bool process_and_close_socket(socket_t socket) override {
    PageConnection connection(socket, is_stopping_);
    try {
      bool is_closed = false;
      const bool is_answered =
          process_request(connection, true, is_closed, [&](httplib::Request& request) {
            connection.allow(body_length(request));
            request.ranges.clear();  // parts of a page can be asked for a thousand times at once
          });
      connection.drain();
      return is_answered;
    } catch (const std::exception&) {  // no memory: the others go on
      return false;
    }
  }

  std::string address_;
  AnswerImage answer_;
  int port_ = -1;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> has_ended_ = false;
};

PageServer::PageServer(const PageServerOptions& options, AnswerImage answer)
    : implementation_(std::make_unique<Implementation>(options, std::move(answer))) {}

PageServer::~PageServer() = default;

std::string PageServer::url() const {
  return implementation_->url();
}

void PageServer::serve() {
  implementation_->serve();
}

void PageServer::stop() {
  implementation_->end();
}

}  // namespace tally
