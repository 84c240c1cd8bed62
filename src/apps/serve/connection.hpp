// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "serve/body.hpp"
#include "serve/limits.hpp"
#include "serve/request.hpp"

namespace tally::serve {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

inline std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds));
}

inline double seconds_between(Time begin, Time end) {
  return std::chrono::duration<double>(end - begin).count();
}

/// One connection of the page's server: a request, and its answer. No call waits; the server calls
/// when the socket is ready or time is up. Owns and closes the socket. For one thread.
class Connection {
 public:
  enum class State {
    kReadsHead,
    kAsks,  ///< the head is whole, and the server is to say what to do
    kReadsBody,
    kWaits,   ///< the image is there, and its turn is to come
    kIsRead,  ///< the image is being worked on
    kAnswers,
    kDrains,  ///< the answer is sent; what the client still sends is dropped, for a little while:
              ///< closed with unread data, a connection is reset, and the answer may be lost
    kIsOver
  };

  Connection(int socket, const Audience& audience, const Limits& limits, Time now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool is_over() const { return state_ == State::kIsOver; }
  [[nodiscard]] int socket() const { return socket_; }
  /// What poll is to wait for.
  [[nodiscard]] short events() const;
  /// Until when the present state may last.
  [[nodiscard]] Time end() const { return end_; }
  /// Since when it lasts.
  [[nodiscard]] Time begin() const { return begin_; }
  [[nodiscard]] const Request& request() const { return request_; }
  /// Bytes of the file and the answer.
  [[nodiscard]] std::size_t held_bytes() const { return image_.held_bytes() + own_answer_.size(); }
  /// Bytes a second in the present state, as if a few had come at once: a new connection is fast.
  [[nodiscard]] double pace(Time now) const;

  /// What poll found. `room` is for what is read, and may be shared.
  void attend(short events, std::span<char> room, Time now);
  /// Ends a state that has lasted too long, or goes too slowly.
  void expire(Time now);

  /// Of a connection that asks.
  void read_body(Time now);
  /// Of one that waits: its image, which is then being read.
  std::string take_image(Time end);
  /// Of one that asks, waits or is read. The text must outlive the connection.
  void answer_shared(std::string_view text, Time now);
  void answer(std::string text, Time now);
  void refuse(const Refusal& refusal, Time now);
  /// Gives it up: there is no memory for it.
  void drop() { close(); }
  /// Closes it for another's sake. What the client is told may not reach it.
  void shed(const Refusal& refusal);

 private:
  void enter(State state, Time now, std::chrono::milliseconds time);
  void receive(std::span<char> room, Time now);
  void take_head(std::string_view bytes, Time now);
  void take_body(std::string_view bytes, Time now);
  void end_of_stream(Time now);
  void ask_whether_there();
  bool send_unsent();
  void send(Time now);
  [[nodiscard]] bool is_too_slow(Time now) const;
  void close();

  int socket_;
  const Audience& audience_;
  const Limits& limits_;
  State state_ = State::kReadsHead;
  Time begin_;
  Time end_;
  std::int64_t moved_bytes_ = 0;  ///< in the present state
  bool is_half_closed_ = false;
  std::unique_ptr<RequestHead> head_;  ///< null unless some of it has come
  Request request_;
  Body image_;
  std::string own_answer_;
  std::string_view unsent_;
};

/// Does something for a connection. Without memory for it the connection is dropped: the others go
/// on.
template <typename Work>
void serve_or_drop(Connection& connection, Work&& work) {
  try {
    work();
  } catch (const std::exception&) {
    connection.drop();
  }
}

}  // namespace tally::serve
