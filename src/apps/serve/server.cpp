// SPDX-License-Identifier: MIT
#include "serve/server.hpp"

#include <atomic>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/json_line.hpp"
#include "serve/answer.hpp"
#include "serve/drawing_page.hpp"
#include "serve/queue.hpp"
#include "serve/socket.hpp"
#include "serve/table.hpp"
#include "serve/wake_up.hpp"
#include "tally/core/error.hpp"

namespace tally::serve {
class Server::Implementation {
 public:
  Implementation(const ServerOptions& options, AnswerImage answer)
      : limits_(options.limits),
        audience_{options.address, options.limits.body_bytes()},
        answer_image_(std::move(answer)),
        socket_(options.address, options.port),
        page_(answer_text("text/html; charset=utf-8", kDrawingPage)),
        page_head_(answer_text("text/html; charset=utf-8", kDrawingPage, true)) {}

  [[nodiscard]] std::string url() const {
    const std::string& address = audience_.address;
    const bool is_v6 = address.find(':') != std::string::npos;
    return fmt::format("http://{}:{}/", is_v6 ? "[" + address + "]" : address, socket_.port());
  }

  void serve() {
    Table table(audience_, limits_);
    Worker worker(answer_image_, [this] { wake_.call(); });
    Queue queue(table, worker, limits_);
    while (!is_stopping_) {
      require(table.attend(socket_, wake_.descriptor()), ExitCode::kFailure,
              "{}: accepts no more connections", url());
      wake_.reset();
      const Time now = Clock::now();
      for (const auto& connection : table) {
        serve_or_drop(*connection, [&] {
          connection->expire(now);
          if (connection->state() != Connection::State::kAsks) return;
          answer(*connection, table, queue, now);
        });
      }
      queue.advance(now);
      table.tidy(now);
    }
  }

  void end() {
    is_stopping_ = true;
    wake_.call();
  }

 private:
  void answer(Connection& connection, const Table& table, Queue& queue, Time now) const {
    const bool has_no_body = connection.request().has_no_body;
    switch (connection.request().kind) {
      case Request::Kind::kPage:
        return connection.answer_shared(has_no_body ? page_head_ : page_, now);
      case Request::Kind::kHealth: {
        const nlohmann::ordered_json health = {
            {"status", "ok"},
            {"connections", table.size()},
            {"waiting", queue.waiting()},
            {"reading", queue.is_busy()},
            {"image_seconds", std::round(10 * queue.seconds_on_image(now)) / 10}};
        return connection.answer(
            answer_text("application/json", json_line(health) + "\n", has_no_body), now);
      }
      case Request::Kind::kPredict:
        return queue.admit(connection, now);
    }
  }

  Limits limits_;
  Audience audience_;
  AnswerImage answer_image_;
  Socket socket_;
  WakeUp wake_;
  std::string page_;
  std::string page_head_;
  std::atomic<bool> is_stopping_ = false;
};

Server::Server(const ServerOptions& options, AnswerImage answer)
    : implementation_(std::make_unique<Implementation>(options, std::move(answer))) {}

Server::~Server() = default;

std::string Server::url() const {
  return implementation_->url();
}

void Server::serve() {
  implementation_->serve();
}

void Server::stop() {
  implementation_->end();
}

}  // namespace tally::serve
