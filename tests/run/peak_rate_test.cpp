// SPDX-License-Identifier: MIT
#include "tally/run/peak_rate.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

// No processor that Tally was built for computes less, and none of them more on one core.
TEST(PeakRate, IsThatOfACore) {
  const double gflops = measure_peak();
  EXPECT_GT(gflops, 0.1);
  EXPECT_LT(gflops, 10'000);
}

}  // namespace
}  // namespace tally
