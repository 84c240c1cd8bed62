// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tally/train/heartbeat.hpp"
#include "tally/train/neighbours.hpp"
#include "tally/train/stop_request.hpp"

namespace tally {

/// A thread that ends the process when its heartbeat stops: a rank that waits for one that is
/// frozen or unreachable would wait forever. It uses no MPI. While files are read or written by
/// this rank, or by one of its host that is seen to run, which may take minutes on a busy network
/// file system, it waits at least ten minutes; for one of its host that has died, five seconds,
/// whether the launcher ends the others or not. A launcher that has lost a host ends the others
/// without a word: a rank that is asked to stop while it waits for another host says so.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  /// From the start of the process, before ranks know each other; `rank` is what the launcher says.
  /// With a timeout of 0 nothing is watched.
  Watchdog(const Heartbeat& heartbeat, const StopRequest& signals, int rank,
           std::chrono::seconds timeout);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void set_timeout(std::chrono::seconds timeout);

  /// Names this rank, and lets it see others. Ranks report one after the other, so that one message
  /// is read and not one per rank.
  void introduce(int rank, std::string place, std::unique_ptr<Neighbours> neighbours);

 private:
  struct Watched {
    Neighbours::Sight sight;
    bool can_be_seen = true;  ///< as a process: there may be containers between
    Clock::duration without_life{}, without_beat{};
  };

  void watch();
  void look(Clock::duration passed);
  [[nodiscard]] Clock::duration limit() const;
  [[nodiscard]] const Watched* frozen() const;
  [[nodiscard]] static bool has_died(const Watched* other);
  [[nodiscard]] const Watched* stuck() const;
  [[nodiscard]] bool is_at_files() const;
  [[nodiscard]] std::string awaited_places() const;
  [[nodiscard]] std::string diagnosis() const;
  void explain_stop();
  [[noreturn]] void end_process() const;

  const Heartbeat& heartbeat_;
  const StopRequest& signals_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_ending_ = false;

  // Under the mutex.
  std::string place_;
  int rank_;
  std::chrono::seconds timeout_;
  std::unique_ptr<Neighbours> neighbours_;
  std::vector<Watched> watched_;
  std::uint64_t last_beats_ = 0;
  Clock::duration silent_{};
  bool has_explained_stop_ = false;

  std::thread thread_;
};

}  // namespace tally
