// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>

#include <httplib.h>

namespace tally {

/// One connection of the page's server, whose request may take no more than so many bytes and so
/// much time in all, however it is cut into pieces: httplib's own limits are per piece, and its
/// headers have none. Owns and closes the socket.
class PageConnection final : public httplib::Stream {
 public:
  /// `is_stopping` ends all waiting.
  PageConnection(int socket, const std::atomic<bool>& is_stopping);
  ~PageConnection() override;
  PageConnection(const PageConnection&) = delete;
  PageConnection& operator=(const PageConnection&) = delete;

  /// The head of the request has come, and is followed by a body of so many bytes. From now on
  /// there is time to read it, and to answer.
  void allow(std::size_t bytes);

  /// Reads and drops what the client still sends, for a little while: closed with unread data, a
  /// connection is reset, and the client may never see its answer.
  void drain();

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool wait_for(short event, Clock::time_point end) const;
  [[nodiscard]] bool fill();

  int socket_;
  const std::atomic<bool>& is_stopping_;
  Clock::time_point end_;
  std::size_t bytes_left_;
  std::array<char, 16384> buffer_;
  std::size_t buffer_begin_ = 0;
  std::size_t buffer_end_ = 0;
};

}  // namespace tally
