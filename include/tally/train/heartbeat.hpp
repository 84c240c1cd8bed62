// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tally/parallel/awaited_peers.hpp"
#include "tally/train/injected_fault.hpp"
#include "tally/train/phase.hpp"

namespace tally {

/// Where a rank is, for messages and for the watchdogs of its host. Written by the main thread,
/// read by any.
class Heartbeat {
 public:
  /// May lie in memory that processes share.
  struct State {
    std::atomic<Phase> phase = Phase::kStart;
    std::atomic<std::int64_t> step = 0;
    std::atomic<std::uint64_t> beats = 0;
  };

  /// Says that a thread of this rank is at `phase` from now on: thread 0 speaks for all. A fault
  /// that is meant for there strikes, for which any thread may call.
  void enter(Phase phase, int thread = 0) {
    if (thread == 0) show(phase);
    fault_.strike(phase, step(), thread);
  }
  /// Without a fault: for a phase that goes on, or one that failed.
  void show(Phase phase) {
    state().phase.store(phase, std::memory_order_relaxed);
    state().beats.fetch_add(1, std::memory_order_relaxed);
  }
  /// Lets a fault that is meant for there spoil a value that the phase has made.
  void spoil(Phase phase, int thread, Real& value) { fault_.spoil(phase, step(), thread, value); }
  void at_step(std::int64_t step) { state().step.store(step, std::memory_order_relaxed); }

  [[nodiscard]] Phase phase() const { return state().phase.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t step() const { return state().step.load(std::memory_order_relaxed); }
  /// Changes whenever there is progress.
  [[nodiscard]] std::uint64_t beats() const {
    return state().beats.load(std::memory_order_relaxed);
  }

  /// Of whom this rank waits for a message, as far as it knows.
  [[nodiscard]] AwaitedPeers& awaited() { return awaited_; }
  [[nodiscard]] const AwaitedPeers& awaited() const { return awaited_; }

  [[nodiscard]] std::string text() const { return place_text(step(), phase()); }

  /// Goes on in `place`, which must outlive what follows.
  void move_to(State& place) {
    place.step = step();
    place.phase = phase();
    place.beats = beats();
    state_ = &place;
  }

  /// Lets the fault strike that the environment asks for, if it is meant for `rank`.
  void arm_fault(int rank) { fault_.arm(rank); }

 private:
  [[nodiscard]] State& state() const { return *state_.load(std::memory_order_relaxed); }

  State own_;
  std::atomic<State*> state_ = &own_;
  AwaitedPeers awaited_;
  InjectedFault fault_;
};

}  // namespace tally
