// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

#include <sys/types.h>

namespace tally {

/// One connection of the page's server. What it waits for ends at one time limit, however the bytes
/// are cut into pieces, or when the server stops. Owns and closes the socket.
class PageConnection {
 public:
  /// `is_stopping` ends all waiting.
  PageConnection(int socket, const std::atomic<bool>& is_stopping);
  ~PageConnection();
  PageConnection(const PageConnection&) = delete;
  PageConnection& operator=(const PageConnection&) = delete;

  /// From now on there is so much time for all that follows until it is called again.
  void allow(std::chrono::seconds time) { end_ = Clock::now() + time; }

  /// How many bytes came, at most as many as there is room for; 0 when no more will, or in time.
  std::size_t read(std::span<char> room);

  /// Whether all bytes were sent.
  bool write(std::string_view bytes);

  /// Reads and drops what the client still sends, for a little while: closed with unread data, a
  /// connection is reset, and the client may never see its answer.
  void drain();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool wait_for(short event) const;
  /// Repeats a call that transfers bytes without waiting, until it has: what it returns, or 0 when
  /// time is up.
  template <typename Call>
  ssize_t transfer(short event, Call&& call) const;

  int socket_;
  const std::atomic<bool>& is_stopping_;
  Clock::time_point end_;
};

}  // namespace tally
