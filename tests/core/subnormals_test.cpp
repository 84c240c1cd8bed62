// SPDX-License-Identifier: MIT
#include "tally/core/subnormals.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace tally {
namespace {

// Volatile, so that the processor divides and not the compiler.
float half_of(float number) {
  volatile float whole = number;
  return whole / 2;
}

TEST(SubnormalsAreZero, OnlyWhileItLivesAndOnlyThem) {
#ifndef __SSE__
  GTEST_SKIP() << "nothing is set on this processor";
#endif
  constexpr float kSmallest = std::numeric_limits<float>::min();
  EXPECT_GT(half_of(kSmallest), 0);
  {
    const SubnormalsAreZero mode;
    EXPECT_EQ(half_of(kSmallest), 0);
    EXPECT_EQ(half_of(2 * kSmallest), kSmallest);
    volatile float subnormal = std::numeric_limits<float>::denorm_min();
    volatile float large = 1e38F;
    EXPECT_EQ(subnormal * large, 0);  // as an operand, too
  }
  EXPECT_GT(half_of(kSmallest), 0);
}

}  // namespace
}  // namespace tally
