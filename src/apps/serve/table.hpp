// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <poll.h>

#include "serve/connection.hpp"
#include "serve/socket.hpp"

namespace tally {

/// The connections of the page's server, of bounded number and memory. None is ever refused for
/// their number: the slowest gives way. For one thread.
class PageTable {
 public:
  /// Fewer connections than the limit are held where the process may not open as many files.
  PageTable(const PageAudience& audience, const PageLimits& limits);

  /// Waits until there is something to do, or for a second at most, and moves bytes; accepts what
  /// waits at `socket`. Returns whether the socket can still be used. `wake` is a descriptor that
  /// ends the waiting.
  [[nodiscard]] bool attend(const PageSocket& socket, int wake);

  /// Drops those that are over, and the memory of the largest while all hold too much.
  void tidy(PageTime now);

  [[nodiscard]] int most() const { return most_; }
  /// Without those that are over.
  [[nodiscard]] int size() const;
  [[nodiscard]] int count(PageConnection::State state) const;
  [[nodiscard]] auto begin() const { return connections_.begin(); }
  [[nodiscard]] auto end() const { return connections_.end(); }

 private:
  using Connections = std::vector<std::unique_ptr<PageConnection>>;

  [[nodiscard]] int milliseconds_to_wait(PageTime now) const;
  [[nodiscard]] bool accept(const PageSocket& socket, PageTime now);
  void add(int descriptor, PageTime now);
  /// Who gives way to another one; the end if nobody does.
  [[nodiscard]] Connections::const_iterator slowest(PageTime now) const;
  bool shed_slowest(PageTime now);

  const PageAudience& audience_;
  const PageLimits& limits_;
  int most_;
  Connections connections_;
  std::vector<pollfd> polled_;
  std::vector<char> room_;    ///< for what is read, of all
  PageTime accepts_after_{};  ///< while the system is short of something
};

}  // namespace tally
