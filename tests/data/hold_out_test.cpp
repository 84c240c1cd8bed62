// SPDX-License-Identifier: MIT
#include "tally/data/hold_out.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(HoldOut, MarksAsManyAsAsked) {
  for (const std::int64_t count : {0, 1, 50, 100}) {
    const std::vector<bool> marked = hold_out(100, count, 1);
    EXPECT_EQ(marked.size(), 100U);
    EXPECT_EQ(std::count(marked.begin(), marked.end(), true), count);
  }
}

TEST(HoldOut, IsChosenByTheSeed) {
  EXPECT_EQ(hold_out(100, 20, 1), hold_out(100, 20, 1));
  EXPECT_NE(hold_out(100, 20, 1), hold_out(100, 20, 2));
}

TEST(HoldOut, SpreadsOverAllImages) {
  const std::vector<bool> marked = hold_out(10000, 1000, 3);
  const auto middle = marked.begin() + 5000;
  const auto first_half = std::count(marked.begin(), middle, true);
  EXPECT_GT(first_half, 430);
  EXPECT_LT(first_half, 570);
}

}  // namespace
}  // namespace tally
