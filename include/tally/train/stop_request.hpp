// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>

namespace tally {

/// Ignores INT and HUP again if whoever started the process ignored them, whatever a library has
/// made of that since: before an exec(), which keeps only what is ignored.
void ignore_as_at_start();

/// Turns signals into step flags: USR1 asks for a checkpoint; USR2, TERM, INT and HUP ask for a
/// checkpoint and a stop. No handler runs: the signals are blocked in the thread that makes this
/// and in all that it starts, and one thread takes them. One per process, made before any other
/// thread. INT and HUP stay ignored where whoever started the process ignores them (nohup). SIGPIPE
/// and SIGXFSZ are ignored: a closed standard output must not end a training, and a file that may
/// not grow is an error of a write, as a full disk is.
class StopRequest {
 public:
  StopRequest();
  /// The signals stay blocked: one that comes at the very end must not change how it ends.
  ~StopRequest();
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;

  /// The flags since the last call; a request to stop stays. For one thread.
  std::uint32_t take();

  /// Whether SIGTERM has come, which launchers send before they kill. For any thread.
  [[nodiscard]] bool has_been_terminated() const;

 private:
  void listen();

  sigset_t signals_{};
  std::atomic<std::uint32_t> flags_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::thread listener_;
};

}  // namespace tally
