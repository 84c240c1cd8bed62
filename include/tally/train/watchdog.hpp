// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "tally/train/heartbeat.hpp"

namespace tally {

/// A thread that ends the process when its heartbeat stops: a rank that waits for one that is
/// frozen or unreachable would wait forever. It uses no MPI. While files are read or written, which
/// may take minutes on a busy network file system, it waits at least ten minutes.
class Watchdog {
 public:
  /// `place` names the rank. With a timeout of 0 nothing is watched. Ranks report one after the
  /// other, by `delay`, so that one message is seen and not one per rank.
  Watchdog(const Heartbeat& heartbeat, std::string place, std::chrono::seconds timeout,
           std::chrono::milliseconds delay);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void watch();
  [[nodiscard]] std::chrono::milliseconds limit() const;
  [[noreturn]] void end_process(std::chrono::seconds silent) const;

  const Heartbeat& heartbeat_;
  std::string place_;
  std::chrono::seconds timeout_;
  std::chrono::milliseconds delay_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace tally
