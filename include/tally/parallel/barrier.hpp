// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>

namespace tally {

/// Thrown by those who wait for a worker that has failed. That one ends the job, and has the words.
class PeerFailed : public std::runtime_error {
 public:
  PeerFailed() : std::runtime_error("another worker of this node failed") {}
};

/// Where the workers of a host wait for each other, threads and ranks alike: a counter of arrivals
/// and a number of the round, in memory that all of them share. Whoever waits spins briefly, since
/// the others are rarely far behind, and then lets other processes run.
class Barrier {
 public:
  /// In shared memory, zero at first; arrivals and rounds on cache lines of their own.
  struct State {
    alignas(64) std::uint32_t arrived = 0;
    alignas(64) std::uint32_t round = 0;
    std::uint32_t is_broken = 0;
  };

  /// Where there are fewer cores than workers, spinning would keep the others from arriving.
  Barrier(State& state, int workers, bool may_spin);

  /// Returns when all workers have called it. What they wrote before is visible afterwards. Throws
  /// PeerFailed once the barrier is broken.
  void wait() const;

  /// For a worker that fails and will not come: lets the others go.
  void break_up() const;

 private:
  State& state_;
  std::uint32_t workers_;
  int spins_;
};

}  // namespace tally
