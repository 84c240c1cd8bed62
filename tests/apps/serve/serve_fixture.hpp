// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/queue.hpp"
#include "serve/wake_up.hpp"

// For tests of the page's server behind its port: clients, and what the server's thread does.
namespace tally::serve {

/// A client of this machine, which never waits for longer than a minute.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval minute{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof minute);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view text) const {
    ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  void send_image(std::string_view image) const {
    send(
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: " +
        std::to_string(image.size()) + "\r\n\r\n" + std::string(image));
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  /// All until the server closes, or resets the connection.
  [[nodiscard]] std::string reply() const {
    std::string all;
    char piece[4096];
    for (ssize_t count = 1; count > 0;) {
      count = ::recv(socket_, piece, sizeof piece, 0);
      if (count > 0) all.append(piece, static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  int socket_;
};

class ServeTest : public testing::Test {
 protected:
  using State = Connection::State;

  static Limits limits_of(int connections) {
    Limits limits;
    limits.connections = connections;
    limits.body_megabytes = 1;
    return limits;
  }

  [[nodiscard]] int port() const { return socket_.port(); }

  /// One round of the server's thread: moves bytes, and lets `answer` see who asks.
  void go_round(Table& table, const std::function<void(Connection&, Time)>& answer) {
    ASSERT_TRUE(table.attend(socket_, wake_.descriptor()));
    wake_.reset();
    for (const auto& connection : table) {
      connection->expire(Clock::now());
      if (connection->state() == State::kAsks) answer(*connection, Clock::now());
    }
  }

  WakeUp wake_;

 private:
  Socket socket_{"127.0.0.1", 0};
};

}  // namespace tally::serve
