// SPDX-License-Identifier: MIT
#include "serve/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/answer.hpp"

namespace tally::serve {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestHead = 5s;
constexpr auto kLongestDrain = 2s;
// Until a pace says something: a client may have to look for its file, or a network may pause.
constexpr auto kGrace = 3s;
// What a new connection is credited with, so that it is not taken for the slowest.
constexpr double kCreditBytes = 4096;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Connection::Connection(int socket, const Audience& audience, const Limits& limits, Time now)
    : socket_(socket), audience_(audience), limits_(limits) {
  enter(State::kReadsHead, now, kLongestHead);
}

Connection::~Connection() {
  ::close(socket_);
}

void Connection::enter(State state, Time now, std::chrono::milliseconds time) {
  state_ = state;
  begin_ = now;
  end_ = now + time;
  moved_bytes_ = 0;
}

void Connection::close() {
  state_ = State::kIsOver;
  image_ = {};
  own_answer_ = {};
  unsent_ = {};
}

short Connection::events() const {
  switch (state_) {
    case State::kReadsHead:
    case State::kDrains:
      return POLLIN;
    case State::kReadsBody:
      return unsent_.empty() ? POLLIN : POLLIN | POLLOUT;
    case State::kAnswers:
      return POLLOUT;
    default:
      return is_half_closed_ ? 0 : POLLRDHUP;  // and what it is told anyway: an error, or the end
  }
}

double Connection::pace(Time now) const {
  return (static_cast<double>(moved_bytes_) + kCreditBytes) /
         std::max(1e-3, seconds_between(begin_, now));
}

void Connection::attend(short events, std::span<char> room, Time now) {
  switch (state_) {
    case State::kReadsBody:
      if ((events & POLLOUT) != 0) send_unsent();
      if (is_over() || events == POLLOUT) return;
      [[fallthrough]];
    case State::kReadsHead:
    case State::kDrains:
      return receive(room, now);
    case State::kAnswers:
      return send(now);
    default:
      if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0) return close();
      if ((events & POLLRDHUP) != 0) ask_whether_there();
  }
}

void Connection::expire(Time now) {
  if (now < end_ && !is_too_slow(now)) return;
  switch (state_) {
    case State::kReadsHead:
      if (!head_) return close();  // a browser opens connections before it needs them
      return refuse({408, fmt::format("expected a whole head within {} s", kLongestHead.count())},
                    now);
    case State::kReadsBody:
      return refuse({408, fmt::format("expected the image file within {} s, and at least {} bytes "
                                      "a second",
                                      limits_.body_seconds, limits_.least_rate)},
                    now);
    case State::kAnswers:
    case State::kDrains:
      return close();
    default:
      return;  // the server's to say
  }
}

bool Connection::is_too_slow(Time now) const {
  if (state_ != State::kReadsBody && state_ != State::kAnswers) return false;
  if (now - begin_ < kGrace) return false;
  return static_cast<double>(moved_bytes_) < limits_.least_rate * seconds_between(begin_, now);
}

void Connection::receive(std::span<char> room, Time now) {
  const ssize_t count = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
  if (count < 0) {
    if (!would_block(errno)) close();
    return;
  }
  if (count == 0) return end_of_stream(now);
  moved_bytes_ += count;
  const std::string_view bytes(room.data(), static_cast<std::size_t>(count));
  if (state_ == State::kReadsHead) {
    take_head(bytes, now);
  } else if (state_ == State::kReadsBody) {
    take_body(bytes, now);
  }
}

void Connection::take_head(std::string_view bytes, Time now) {
  if (!head_) head_ = std::make_unique<RequestHead>(audience_);
  auto result = head_->put(bytes);
  if (!result) return;
  head_.reset();
  if (const auto* refusal = std::get_if<Refusal>(&*result)) return refuse(*refusal, now);
  request_ = std::move(std::get<Request>(*result));
  enter(State::kAsks, now, kLongestHead);
}

void Connection::read_body(Time now) {
  enter(State::kReadsBody, now, milliseconds_of(limits_.body_seconds));
  if (request_.waits_to_continue && request_.body_start.empty()) {
    unsent_ = kContinue;
    send_unsent();
    if (is_over()) return;
  }
  take_body(std::exchange(request_.body_start, {}), now);
}

void Connection::take_body(std::string_view bytes, Time now) {
  image_.append(bytes.substr(0, request_.body_bytes - image_.size()));
  if (image_.size() < request_.body_bytes) return;
  enter(State::kWaits, now, milliseconds_of(limits_.wait_seconds));
}

void Connection::end_of_stream(Time now) {
  is_half_closed_ = true;
  if (state_ == State::kDrains || (state_ == State::kReadsHead && !head_)) return close();
  if (state_ == State::kReadsHead) return refuse({400, "the request ends within its head"}, now);
  refuse({400, fmt::format("the image file ends after {} of {} bytes", image_.size(),
                           request_.body_bytes)},
         now);
}

/// A client that sends no more may have gone, or may have closed only its own side. If it has gone,
/// its system answers what is sent to it by a reset, and its image need not be read.
void Connection::ask_whether_there() {
  is_half_closed_ = true;
  if (!request_.knows_interim) return;
  ::send(socket_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string Connection::take_image(Time end) {
  state_ = State::kIsRead;
  end_ = end;
  return image_.take();
}

void Connection::answer_shared(std::string_view text, Time now) {
  image_ = {};
  unsent_ = text;
  enter(State::kAnswers, now, milliseconds_of(limits_.answer_seconds));
  send(now);
}

void Connection::answer(std::string text, Time now) {
  own_answer_ = std::move(text);
  answer_shared(own_answer_, now);
}

void Connection::refuse(const Refusal& refusal, Time now) {
  head_.reset();
  answer(answer_text(refusal), now);
}

void Connection::shed(const Refusal& refusal) {
  if (state_ != State::kAnswers && state_ != State::kDrains) {
    const std::string text = answer_text(refusal);
    ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  close();
}

/// Whether nothing is left to send.
bool Connection::send_unsent() {
  // A client that has gone is no reason for SIGPIPE.
  const ssize_t count =
      ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && !would_block(errno)) close();
  if (count <= 0) return false;
  moved_bytes_ += count;
  unsent_.remove_prefix(static_cast<std::size_t>(count));
  return unsent_.empty();
}

void Connection::send(Time now) {
  if (!send_unsent()) return;
  own_answer_ = {};
  ::shutdown(socket_, SHUT_WR);
  enter(State::kDrains, now, kLongestDrain);
}

}  // namespace tally::serve
