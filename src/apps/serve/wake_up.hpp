// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

#include "tally/core/error.hpp"

namespace tally::serve {

/// Ends the waiting of the page's server in poll, from any other thread.
class WakeUp {
 public:
  WakeUp() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    require(descriptor_ >= 0, ExitCode::kFailure, "--serve: cannot wait for events ({})",
            system_error_text(errno));
  }
  ~WakeUp() { ::close(descriptor_); }
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  /// Readable from a call on until the next reset.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void call() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
  }
  void reset() const {
    std::uint64_t calls = 0;
    [[maybe_unused]] const ssize_t count = ::read(descriptor_, &calls, sizeof calls);
  }

 private:
  int descriptor_;
};

}  // namespace tally::serve
