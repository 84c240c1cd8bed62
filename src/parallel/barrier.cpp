// SPDX-License-Identifier: MIT
#include "tally/parallel/barrier.hpp"

#include <atomic>

#include <sched.h>

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define TALLY_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif
#endif

namespace tally {
namespace {

// Some tens of microseconds: longer than ranks of a busy host drift apart within a step.
constexpr int kSpins = 1000;

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// ThreadSanitizer sees one process only. Where the last one to arrive belongs to another, it does
// not know that whoever leaves a round comes after all that have arrived at it, unless it is told.
// Rounds take turns at two places, so that nobody is taken to come after those that have arrived at
// the next one.
#ifdef TALLY_THREAD_SANITIZER
void tell_arrival(Barrier::State& state, std::uint32_t round) {
  __tsan_release(reinterpret_cast<char*>(&state) + round % 2);
}
void tell_departure(Barrier::State& state, std::uint32_t round) {
  __tsan_acquire(reinterpret_cast<char*>(&state) + round % 2);
}
#else
void tell_arrival(Barrier::State& /*state*/, std::uint32_t /*round*/) {}
void tell_departure(Barrier::State& /*state*/, std::uint32_t /*round*/) {}
#endif

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
  tell_arrival(state_, own_round);
  if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == workers_) {
    // Before the new round is shown: nobody can arrive at it until then, so that the counter needs
    // no second one to take turns with, and the store to `round` carries it along.
    arrived.store(0, std::memory_order_relaxed);
    round.store(own_round + 1, std::memory_order_release);
    tell_departure(state_, own_round);
    return;
  }
  for (int waited = 0; round.load(std::memory_order_acquire) == own_round; ++waited) {
    if (waited < spins_) {
      pause_briefly();
    } else {
      // Only here: a look at it on every turn would slow the common case. sched_yield() and no
      // futex, since whoever arrives last would have to wake up the others by a call of its own.
      if (!is_whole(state_)) throw PeerFailed();
      sched_yield();
    }
  }
  tell_departure(state_, own_round);
}

void Barrier::break_up() const {
  std::atomic_ref<std::uint32_t>(state_.is_broken).store(1, std::memory_order_release);
}

}  // namespace tally
