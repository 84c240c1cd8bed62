// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <poll.h>

#include "serve/connection.hpp"
#include "serve/socket.hpp"

namespace tally::serve {

/// The connections of the page's server, of bounded number and memory. None is ever refused for
/// their number: the slowest gives way. For one thread.
class Table {
 public:
  /// Fewer connections than the limit are held where the process may not open as many files.
  Table(const Audience& audience, const Limits& limits);

  /// Waits until there is something to do, or for a second at most, and moves bytes; accepts what
  /// waits at `socket`. Returns whether the socket can still be used. `wake` is a descriptor that
  /// ends the waiting.
  [[nodiscard]] bool attend(const Socket& socket, int wake);

  /// Drops those that are over, and the memory of the largest while all hold too much.
  void tidy(Time now);

  [[nodiscard]] int most() const { return most_; }
  /// Without those that are over.
  [[nodiscard]] int size() const;
  [[nodiscard]] int count(Connection::State state) const;
  [[nodiscard]] auto begin() const { return connections_.begin(); }
  [[nodiscard]] auto end() const { return connections_.end(); }

 private:
  using Connections = std::vector<std::unique_ptr<Connection>>;

  [[nodiscard]] int milliseconds_to_wait(Time now) const;
  [[nodiscard]] bool accept(const Socket& socket, Time now);
  void add(int descriptor, Time now);
  /// Who gives way to another one; the end if nobody does.
  [[nodiscard]] Connections::const_iterator slowest(Time now) const;
  bool shed_slowest(Time now);

  const Audience& audience_;
  const Limits& limits_;
  int most_;
  Connections connections_;
  std::vector<pollfd> polled_;
  std::vector<char> room_;  ///< for what is read, of all
  Time accepts_after_{};    ///< while the system is short of something
};

}  // namespace tally::serve
