// SPDX-License-Identifier: MIT
#include "page_connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tally {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestDrain = 2s;
// How soon a waiting connection sees that the server stops.
constexpr int kStopMilliseconds = 50;

}  // namespace

PageConnection::PageConnection(int socket, const std::atomic<bool>& is_stopping)
    : socket_(socket), is_stopping_(is_stopping), end_(Clock::now()) {}

PageConnection::~PageConnection() {
  ::close(socket_);
}

bool PageConnection::wait_for(short event) const {
  pollfd waiting{socket_, event, 0};
  while (!is_stopping_ && Clock::now() < end_) {
    const int ready = ::poll(&waiting, 1, kStopMilliseconds);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

// poll may be wrong: the kernel drops what has a bad checksum, or is short of memory.
template <typename Call>
ssize_t PageConnection::transfer(short event, Call&& call) const {
  while (wait_for(event)) {
    const ssize_t count = call();
    if (count >= 0 || (errno != EAGAIN && errno != EINTR)) return count;
  }
  return 0;
}

std::size_t PageConnection::read(std::span<char> room) {
  if (room.empty()) return 0;
  const ssize_t count =
      transfer(POLLIN, [&] { return ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT); });
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool PageConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    // A client that has gone is no reason for SIGPIPE.
    const ssize_t count = transfer(POLLOUT, [&] {
      return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    });
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void PageConnection::drain() {
  ::shutdown(socket_, SHUT_WR);
  end_ = std::min(end_, Clock::now() + kLongestDrain);
  std::array<char, 16384> dropped;
  while (read(dropped) > 0) {
  }
}

}  // namespace tally
