// SPDX-License-Identifier: MIT
#include "page_server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "drawing_page.hpp"
#include "page_connection.hpp"
#include "page_request.hpp"
#include "page_socket.hpp"
#include "tally/core/error.hpp"

namespace tally {
namespace {

using namespace std::chrono_literals;

// A browser takes up to six connections.
constexpr int kThreads = 16;
// A photo over a slow wireless network.
constexpr auto kLongestBody = 20s;
// Apart from the former: the network may have kept the answer waiting.
constexpr auto kLongestAnswer = 20s;
constexpr std::size_t kReadBytes = 64 << 10;
// How soon a thread without a connection sees that the server stops.
constexpr int kIdleMilliseconds = 50;

constexpr std::string_view kHeadersOfAllAnswers =
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n";

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Bad Request";
  }
}

std::string head_of_answer(int status, std::string_view type, std::size_t bytes) {
  return fmt::format("HTTP/1.1 {} {}\r\n{}{}Content-Type: {}\r\nContent-Length: {}\r\n\r\n", status,
                     reason_of(status), kHeadersOfAllAnswers,
                     status == 405 ? "Allow: GET, HEAD, POST\r\n" : "", type, bytes);
}

/// The body of a request, or null if it does not come in time.
std::optional<std::string> read_body(PageConnection& connection, const PageRequest& request) {
  if (request.waits_to_continue && !connection.write("HTTP/1.1 100 Continue\r\n\r\n")) return {};
  std::string body = request.body_start;
  while (body.size() < request.body_bytes) {
    const std::size_t count = body.size();
    body.resize(std::min(request.body_bytes, count + kReadBytes));  // as it comes, not as announced
    const std::size_t more = connection.read(std::span(body).subspan(count));
    if (more == 0) return std::nullopt;
    body.resize(count + more);
  }
  return body;
}

}  // namespace

class PageServer::Implementation {
 public:
  Implementation(const PageServerOptions& options, AnswerImage answer)
      : address_(options.address),
        answer_(std::move(answer)),
        socket_(options.address, options.port) {}

  [[nodiscard]] std::string url() const {
    const bool is_v6 = address_.find(':') != std::string::npos;
    return fmt::format("http://{}:{}/", is_v6 ? "[" + address_ + "]" : address_, socket_.port());
  }

  void serve() {
    {
      std::vector<std::jthread> threads;
      start(threads);
    }
    require(!is_lost_, ExitCode::kFailure, "{}: accepts no more connections", url());
  }

  void end() { is_stopping_ = true; }

 private:
  /// Fewer threads serve fewer connections at a time; with none there is no server.
  void start(std::vector<std::jthread>& threads) {
    try {
      for (int i = 0; i < kThreads; ++i) threads.emplace_back([this] { serve_connections(); });
    } catch (const std::exception& error) {  // no threads, or no memory
      require(!threads.empty(), ExitCode::kFailure, "{}: no thread to serve with ({})", url(),
              error.what());
    }
  }

  void serve_connections() {
    while (!is_stopping_) {
      const int descriptor = socket_.accept(kIdleMilliseconds);
      if (descriptor == PageSocket::kLost) {
        is_lost_ = is_stopping_ = true;
      } else if (descriptor >= 0) {
        serve_connection(descriptor);
      }
    }
  }

  /// One request for each connection: there is no next one whose beginning could be argued about.
  void serve_connection(int descriptor) {
    PageConnection connection(descriptor, is_stopping_);
    try {
      const auto request = read_head(connection, address_);
      if (const auto* refusal = std::get_if<Refusal>(&request)) {
        refuse(connection, *refusal);
      } else {
        connection.allow(kLongestBody);
        answer(connection, std::get<PageRequest>(request));
      }
      connection.drain();
    } catch (const std::exception&) {  // no memory: the others go on
    }
  }

  static void refuse(PageConnection& connection, const Refusal& refusal) {
    if (refusal.status == 0) return;
    const std::string body = refusal.message + "\n";
    connection.write(head_of_answer(refusal.status, "text/plain; charset=utf-8", body.size()) +
                     body);
  }

  void answer(PageConnection& connection, const PageRequest& request) const {
    if (request.kind == PageRequest::Kind::kPredict) {
      const std::optional<std::string> image = read_body(connection, request);
      if (!image) return;
      const std::string body = answer_(std::as_bytes(std::span(*image)));
      connection.allow(kLongestAnswer);
      connection.write(head_of_answer(200, "application/json", body.size()) + body);
      return;
    }
    std::string page = head_of_answer(200, "text/html; charset=utf-8", kDrawingPage.size());
    if (request.kind == PageRequest::Kind::kPage) page += kDrawingPage;
    connection.write(page);
  }

  std::string address_;
  AnswerImage answer_;
  PageSocket socket_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_lost_ = false;
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
