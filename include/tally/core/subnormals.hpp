// SPDX-License-Identifier: MIT
#pragma once

#ifdef __SSE__
#include <xmmintrin.h>
#endif

namespace tally {

/// While it lives, the calling thread takes numbers below 1.2e-38 for zero, in operands and
/// results. The velocity of a weight that gets no gradient halves its way down there in a few
/// hundred steps, and processors compute with such numbers a hundred times slower than with others.
/// Part of the numbers of a run: every thread of every rank has it on in every step.
class SubnormalsAreZero {
 public:
#ifdef __SSE__
  SubnormalsAreZero() : before_(_mm_getcsr()) {
    constexpr unsigned kFlushResults = 0x8000;
    constexpr unsigned kZeroOperands = 0x0040;
    _mm_setcsr(before_ | kFlushResults | kZeroOperands);
  }
  ~SubnormalsAreZero() {
    _mm_setcsr(before_);
  }

 private:
  unsigned before_;
#else
  SubnormalsAreZero() = default;
  ~SubnormalsAreZero() = default;
#endif

 public:
  SubnormalsAreZero(const SubnormalsAreZero&) = delete;
  SubnormalsAreZero& operator=(const SubnormalsAreZero&) = delete;
};

}  // namespace tally
