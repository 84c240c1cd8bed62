// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tally/parallel/shared_memory.hpp"
#include "tally/train/heartbeat.hpp"

namespace tally {

/// What the ranks of a host show each other without messages: where they are, and that they run at
/// all. A process that is stopped gives no sign of life, while one that waits or computes does.
class Neighbours {
 public:
  /// Moves the heartbeat to where the others see it; it must not be used any more once this is
  /// gone. Where ranks cannot share memory, nobody is seen. Collective: every rank must call.
  Neighbours(const Communicator& communicator, Heartbeat& heartbeat);

  struct Sight {
    int rank = 0;
    std::int64_t process = 0;
    std::uint64_t signs_of_life = 0;
    std::uint64_t beats = 0;
    std::int64_t step = 0;
    Phase phase = Phase::kStart;
  };

  /// How many ranks are on this host besides this one.
  [[nodiscard]] int others() const;
  /// What one of them shows, of [0, others()). Takes no memory: it is asked all the time.
  [[nodiscard]] Sight see(int other) const;
  /// How many ranks are on other hosts.
  [[nodiscard]] int elsewhere() const { return elsewhere_; }
  /// "rank 3 on host n2"
  [[nodiscard]] const std::string& place(int rank) const { return places_[rank]; }

  /// To be called from time to time.
  void give_sign_of_life();

  /// Whether this rank is the first of its host to ask: one may speak for all.
  [[nodiscard]] bool may_speak();

 private:
  struct Shown;
  [[nodiscard]] Shown& shown(int member) const;

  std::vector<int> ranks_;           // of the members
  std::vector<std::string> places_;  // of all ranks
  int own_ = 0;
  int elsewhere_ = 0;
  std::unique_ptr<SharedMemory> memory_;  // null: nobody is seen
};

}  // namespace tally
