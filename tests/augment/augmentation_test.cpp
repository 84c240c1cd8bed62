// SPDX-License-Identifier: MIT
#include "tally/augment/augmentation.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Distortions, AreASet) {
  Distortions some;
  EXPECT_TRUE(some.is_empty());
  some.add(Distortion::kStroke);
  some.add(Distortion::kStroke);
  EXPECT_TRUE(some.has(Distortion::kStroke));
  EXPECT_FALSE(some.has(Distortion::kAffine));
  EXPECT_NE(some, Distortions());
}

TEST(StrengthPhases, AnEpochIsInThePhaseThatHoldsItsMiddle) {
  const StrengthPhases phases{{{1, 0.6}, {0.6, 0.85}, {0.3, 1}}};
  std::vector<std::size_t> found;
  for (std::int64_t epoch = 0; epoch < 10; ++epoch) found.push_back(phases.phase_at(epoch, 10));
  EXPECT_EQ(found, (std::vector<std::size_t>{0, 0, 0, 0, 0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(phases.first_epoch(0, 10), 0);
  EXPECT_EQ(phases.first_epoch(1, 10), 6);
  EXPECT_EQ(phases.first_epoch(2, 10), 8);
}

TEST(StrengthPhases, AShortRunLeavesPhasesOut) {
  const StrengthPhases phases{{{1, 0.1}, {0.5, 0.2}, {0.3, 1}}};
  EXPECT_EQ(phases.phase_at(0, 1), 2U);
  EXPECT_EQ(phases.first_epoch(2, 1), 0);
  EXPECT_EQ(StrengthPhases().phase_at(99, 100), 0U);
}

}  // namespace
}  // namespace tally
