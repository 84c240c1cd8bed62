// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tally/core/text.hpp"

namespace tally {

/// What a rank is doing. "forward" covers forward, loss and backward.
enum class Phase { kLoad, kScatter, kForward, kReduce, kUpdate, kEvaluate, kSave };

/// Where a rank is, for messages and for its watchdog. Written by the main thread, read by any.
class Heartbeat {
 public:
  void enter(Phase phase) {
    phase_.store(phase, std::memory_order_relaxed);
    beats_.fetch_add(1, std::memory_order_relaxed);
  }
  void at_step(std::int64_t step) { step_.store(step, std::memory_order_relaxed); }

  [[nodiscard]] Phase phase() const { return phase_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t step() const { return step_.load(std::memory_order_relaxed); }
  /// Changes whenever there is progress.
  [[nodiscard]] std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

  /// "step 1 234, reduce"
  [[nodiscard]] std::string text() const;

 private:
  std::atomic<Phase> phase_ = Phase::kLoad;
  std::atomic<std::int64_t> step_ = 0;
  std::atomic<std::uint64_t> beats_ = 0;
};

}  // namespace tally
