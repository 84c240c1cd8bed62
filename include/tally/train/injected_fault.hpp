// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "tally/core/real.hpp"
#include "tally/train/phase.hpp"

namespace tally {

/// A fault for tests to show that the program survives it or ends as it should. It is described by
/// the environment variable TALLY_FAULT, which builds with NDEBUG ignore unless TALLY_ALLOW_FAULTS
/// is 1:
///
///   <kind>:<phase>[:rank=R][:step=S][:thread=T][:seconds=N]
///
/// `kind` is throw, bad_alloc, require, nan, flip (a bit of a parameter), freeze (never returns),
/// pause (for N seconds), slow (the same at every entry, on all ranks unless R is given), stop or
/// kill (the signals SIGSTOP and SIGKILL); `phase` as in messages. All but slow strike once, at the
/// phase's first entry at or after step S [0], on thread T [0] of rank R [0].
class InjectedFault {
 public:
  /// Takes that of the environment if it is meant for `rank`. Throws an Error if it makes no sense.
  void arm(int rank);

  /// Called where the fault may strike, by any thread. `step` is the open one.
  void strike(Phase phase, std::int64_t step, int thread = 0) {
    if (is_armed_.load(std::memory_order_relaxed)) [[unlikely]] {
      if (is_due(phase, step, thread)) strike_now();
    }
  }

  /// Makes `value` no number, or changes one of its bits, where that is the fault.
  void spoil(Phase phase, std::int64_t step, int thread, Real& value) {
    if (is_armed_.load(std::memory_order_relaxed)) [[unlikely]] {
      if (is_due(phase, step, thread)) spoil_now(value);
    }
  }

 private:
  enum class Kind {
    kThrow,
    kBadAlloc,
    kRequire,
    kNan,
    kFlip,
    kFreeze,
    kPause,
    kSlow,
    kStop,
    kKill
  };

  void parse(std::string_view text);
  void set(std::string_view name, std::string_view value);
  [[nodiscard]] bool is_due(Phase phase, std::int64_t step, int thread) const;
  void strike_now();
  void spoil_now(Real& value);
  [[nodiscard]] bool is_of_a_value() const { return kind_ == Kind::kNan || kind_ == Kind::kFlip; }

  std::atomic<bool> is_armed_ = false;
  Kind kind_ = Kind::kThrow;
  Phase phase_ = Phase::kForward;
  static constexpr std::int64_t kEveryRank = -1;
  std::int64_t rank_ = 0;
  std::int64_t step_ = 0;
  std::int64_t thread_ = 0;
  std::int64_t seconds_ = 1;
};

}  // namespace tally
