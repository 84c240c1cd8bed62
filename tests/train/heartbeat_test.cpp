// SPDX-License-Identifier: MIT
#include "tally/train/heartbeat.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Heartbeat, SaysStepAndPhase) {
  Heartbeat heartbeat;
  EXPECT_EQ(heartbeat.text(), "step 0, start-up");
  heartbeat.at_step(1234);
  heartbeat.enter(Phase::kReduce);
  EXPECT_EQ(heartbeat.text(), "step 1 234, reduce");
  heartbeat.enter(Phase::kSave);
  EXPECT_EQ(heartbeat.text(), "step 1 234, save");
}

TEST(Heartbeat, BeatsWithEveryPhase) {
  Heartbeat heartbeat;
  const auto before = heartbeat.beats();
  heartbeat.enter(Phase::kForward);
  heartbeat.enter(Phase::kForward);
  EXPECT_EQ(heartbeat.beats(), before + 2);
}

}  // namespace
}  // namespace tally
