// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

#include "tally/core/signal_listener.hpp"

namespace tally {

/// Ignores INT and HUP again if whoever started the process ignored them, whatever a library has
/// made of that since: before an exec(), which keeps only what is ignored.
void ignore_as_at_start();

/// Turns signals into step flags: USR1 asks for a checkpoint; USR2, TERM, INT and HUP ask for a
/// checkpoint and a stop. A SignalListener takes them, so this is to be made before any other
/// thread. One per process. INT and HUP stay ignored where whoever started the process ignores them
/// (nohup). SIGPIPE and SIGXFSZ are ignored: a closed standard output must not end a training, and
/// a file that may not grow is an error of a write, as a full disk is.
class StopRequest {
 public:
  StopRequest();

  /// The flags since the last call; a request to stop stays. For one thread.
  std::uint32_t take();

  /// Whether SIGTERM has come, which launchers send before they kill. For any thread.
  [[nodiscard]] bool has_been_terminated() const;

 private:
  std::atomic<std::uint32_t> flags_ = 0;
  SignalListener listener_;
};

}  // namespace tally
