// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tally::serve {

/// The port that the page's server listens at. Owns and closes it.
class Socket {
 public:
  static constexpr int kNone = -1;   ///< no connection waits
  static constexpr int kLost = -2;   ///< none ever will
  static constexpr int kShort = -3;  ///< the system is short of descriptors or memory

  /// `address` is a numeric one, `port` may be 0: any that is free. Throws an Error.
  Socket(const std::string& address, int port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] int port() const;
  [[nodiscard]] int descriptor() const { return socket_; }

  /// A connection that waits, which is then the caller's to close, or one of the above. Never
  /// waits.
  [[nodiscard]] int accept() const;

 private:
  int socket_ = -1;
};

}  // namespace tally::serve
