// SPDX-License-Identifier: MIT
#include "tally/parallel/barrier.hpp"

#include <atomic>

#include <sched.h>

namespace tally {
namespace {

// Some tens of microseconds: longer than ranks of a busy node drift apart within a step.
constexpr int kSpins = 1000;

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

bool is_whole(Barrier::State& state) {
  return std::atomic_ref<std::uint32_t>(state.is_broken).load(std::memory_order_acquire) == 0;
}

}  // namespace

Barrier::Barrier(State& state, int workers, bool may_spin)
    : state_(state), workers_(static_cast<std::uint32_t>(workers)), spins_(may_spin ? kSpins : 0) {}

void Barrier::wait() const {
  const std::atomic_ref<std::uint32_t> arrived(state_.arrived);
  const std::atomic_ref<std::uint32_t> round(state_.round);
  const std::uint32_t own_round = round.load(std::memory_order_relaxed);
  if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == workers_) {
    arrived.store(0, std::memory_order_relaxed);
    round.store(own_round + 1, std::memory_order_release);
    return;
  }
  for (int waited = 0; round.load(std::memory_order_acquire) == own_round; ++waited) {
    if (waited < spins_) {
      pause_briefly();
    } else {
      if (!is_whole(state_)) throw PeerFailed();
      sched_yield();
    }
  }
}

void Barrier::break_up() const {
  std::atomic_ref<std::uint32_t>(state_.is_broken).store(1, std::memory_order_release);
}

}  // namespace tally
