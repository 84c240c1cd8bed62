// SPDX-License-Identifier: MIT
#include "serve/socket.hpp"

#include <cerrno>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/address.hpp"
#include "tally/core/error.hpp"

namespace tally::serve {
namespace {

// Connections that wait in the system.
constexpr int kMostWaiting = 128;

/// A numeric address with a port, as the system wants it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socket_address(const std::string& address, int port) {
  SocketAddress result;
  result.storage.ss_family = AF_INET;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
  v4->sin_port = htons(static_cast<std::uint16_t>(port));
  result.size = sizeof *v4;
  if (::inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) return result;
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);  // with the port in the same place
  v6->sin6_family = AF_INET6;
  result.size = sizeof *v6;
  ::inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr);
  return result;
}

/// Leaves errno if it cannot. Without SO_REUSEPORT, another server at the port is an error.
bool listen_at(int socket, const SocketAddress& address) {
  const int yes = 1;
  return ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
         ::bind(socket, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 &&
         ::listen(socket, kMostWaiting) == 0;
}

bool is_short(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/// No connection waits, or its client has gone already.
bool is_passing(int error) {
  switch (error) {
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      return false;
    default:
      return true;
  }
}

}  // namespace

Socket::Socket(const std::string& address, int port) {
  require(is_numeric(address), ExitCode::kUsage,
          "--serve-address: expected a numeric address, as 127.0.0.1, got \"{}\"", address);
  const SocketAddress wanted = socket_address(address, port);
  socket_ = ::socket(wanted.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ >= 0 && listen_at(socket_, wanted)) return;
  const int error = errno;
  if (socket_ >= 0) ::close(socket_);
  fail(ExitCode::kUsage,
       "{} port {}: cannot be opened ({}); choose another port, or 0 for any that is free", address,
       port, system_error_text(error));
}

Socket::~Socket() {
  ::close(socket_);
}

int Socket::port() const {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);  // IPv6 has it there too
}

int Socket::accept() const {
  const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection >= 0) return connection;
  if (is_short(errno)) return kShort;
  return is_passing(errno) ? kNone : kLost;
}

}  // namespace tally::serve
