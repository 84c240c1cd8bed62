// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tally {

/// The port that the page's server listens at. Owns and closes it; many threads may accept at once.
class PageSocket {
 public:
  static constexpr int kLost = -2;

  /// `address` is a numeric one, `port` may be 0: any that is free. Throws an Error.
  PageSocket(const std::string& address, int port);
  ~PageSocket();
  PageSocket(const PageSocket&) = delete;
  PageSocket& operator=(const PageSocket&) = delete;

  [[nodiscard]] int port() const;

  /// A connection, which is then the caller's to close; -1 if none came in that time, kLost if none
  /// ever will.
  [[nodiscard]] int accept(int milliseconds) const;

 private:
  int socket_ = -1;
};

}  // namespace tally
