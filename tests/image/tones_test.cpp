// SPDX-License-Identifier: MIT
#include "tally/image/tones.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Quantile, TakesTheValueThatTheShareLiesBelow) {
  std::vector<int> values = {9, 1, 8, 2, 7, 3, 6, 4, 5, 0};
  EXPECT_EQ(quantile(values, 0.0), 0);
  EXPECT_EQ(quantile(values, 0.98), 9);
  EXPECT_EQ(median(values), 5);
  std::vector<int> single = {4};
  EXPECT_EQ(median(single), 4);
}

TEST(SplitTones, FindsTwoTones) {
  const std::vector<float> values = {10, 12, 11, 200, 201, 10, 202};
  const TwoTones tones = split_tones(values);
  EXPECT_GE(tones.threshold, 12);
  EXPECT_LT(tones.threshold, 200);
  EXPECT_GT(tones.separation, 0.99);
}

// Closed forms: the best split of a uniform distribution explains 3/4 of its variance.
TEST(SplitTones, SeparatesAnEvenSpreadByThreeQuarters) {
  std::vector<float> values;
  for (int tone = 0; tone < 256; ++tone) values.push_back(static_cast<float>(tone));
  EXPECT_NEAR(split_tones(values).separation, 0.75, 0.001);
}

TEST(SplitTones, DoesNotSeparateASingleTone) {
  const std::vector<float> values(10, 255.0F);
  EXPECT_EQ(split_tones(values).separation, 0);
}

}  // namespace
}  // namespace tally
