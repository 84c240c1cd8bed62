// SPDX-License-Identifier: MIT
#include "tally/core/finite.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace tally {
namespace {

using Limits = std::numeric_limits<float>;

TEST(FirstNotFinite, TakesEveryNumberForOne) {
  const std::vector<float> numbers = {
      0.0F, -0.0F, 1.0F, Limits::max(), -Limits::max(), Limits::denorm_min(), -1e-30F};
  EXPECT_EQ(first_not_finite(numbers), numbers.size());
  EXPECT_EQ(first_not_finite({}), 0U);
}

TEST(FirstNotFinite, FindsTheFirstOfThemWhereverItIs) {
  for (const float bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                          -Limits::quiet_NaN(), Limits::signaling_NaN()}) {
    for (std::size_t size = 1; size < 70; ++size) {
      std::vector<float> values(size, Limits::max());
      for (std::size_t at = size; at-- > 0;) {
        values[at] = bad;
        ASSERT_EQ(first_not_finite(values), at) << bad << " of " << size;
      }
    }
  }
}

}  // namespace
}  // namespace tally
