// SPDX-License-Identifier: MIT
#include "page_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tally {
namespace {

using namespace std::chrono_literals;

// Of a request line and its headers; a browser's have about one.
constexpr std::size_t kLargestHeadBytes = 32 << 10;
constexpr auto kLongestHead = 5s;
// A photo over a slow wireless network.
constexpr auto kLongestBody = 20s;
constexpr auto kLongestDrain = 2s;
// How soon a waiting connection sees that the server stops.
constexpr int kStopMilliseconds = 50;

}  // namespace

PageConnection::PageConnection(int socket, const std::atomic<bool>& is_stopping)
    : socket_(socket),
      is_stopping_(is_stopping),
      end_(Clock::now() + kLongestHead),
      bytes_left_(kLargestHeadBytes) {}

PageConnection::~PageConnection() {
  ::close(socket_);
}

void PageConnection::allow(std::size_t bytes) {
  bytes_left_ += bytes;
  end_ = Clock::now() + kLongestBody;
}

bool PageConnection::wait_for(short event, Clock::time_point end) const {
  pollfd waiting{socket_, event, 0};
  while (!is_stopping_ && Clock::now() < end) {
    const int ready = ::poll(&waiting, 1, kStopMilliseconds);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

bool PageConnection::fill() {
  const std::size_t most = std::min(buffer_.size(), bytes_left_);
  if (most == 0 || !wait_for(POLLIN, end_)) return false;
  const ssize_t got = ::recv(socket_, buffer_.data(), most, MSG_DONTWAIT);
  if (got <= 0) return false;
  bytes_left_ -= static_cast<std::size_t>(got);
  buffer_begin_ = 0;
  buffer_end_ = static_cast<std::size_t>(got);
  return true;
}

void PageConnection::drain() {
  ::shutdown(socket_, SHUT_WR);
  const Clock::time_point end = std::min(end_, Clock::now() + kLongestDrain);
  while (wait_for(POLLIN, end) &&
         ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT) > 0) {
  }
}

bool PageConnection::is_readable() const {
  return buffer_begin_ < buffer_end_ || wait_for(POLLIN, end_);
}

bool PageConnection::is_writable() const {
  return wait_for(POLLOUT, end_);
}

ssize_t PageConnection::read(char* bytes, size_t size) {
  if (buffer_begin_ == buffer_end_ && !fill()) return -1;
  const std::size_t count = std::min(size, buffer_end_ - buffer_begin_);
  std::memcpy(bytes, buffer_.data() + buffer_begin_, count);
  buffer_begin_ += count;
  return static_cast<ssize_t>(count);
}

// A client that has gone is no reason for SIGPIPE.
ssize_t PageConnection::write(const char* bytes, size_t size) {
  if (!is_writable()) return -1;
  return ::send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Nobody asks for them.
void PageConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void PageConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace tally
