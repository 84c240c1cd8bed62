// SPDX-License-Identifier: MIT
#include "tally/run/launch_meter.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(LaunchMeter, HasTheSpeedOfAllStepsAndOfTheLatest) {
  LaunchMeter meter;
  meter.start();
  EXPECT_EQ(meter.speed(), 0);
  EXPECT_EQ(meter.take_speed(), 0);
  meter.add_step(100, 0.5);
  meter.add_step(100, 1.5);
  EXPECT_DOUBLE_EQ(meter.take_speed(), 100);
  meter.add_step(200, 0.5);
  EXPECT_DOUBLE_EQ(meter.take_speed(), 400);
  EXPECT_DOUBLE_EQ(meter.speed(), 160);
}

TEST(LaunchMeter, FillsInWhatItCountsAndNothingElse) {
  LaunchMeter meter;
  meter.start();
  meter.add_step(128, 0.25);
  meter.add_step(64, 0.25);
  meter.add_evaluated(1'000);
  std::this_thread::sleep_for(std::chrono::milliseconds{5});
  Profile profile;
  profile.batch_size = 128;
  meter.fill(profile);
  EXPECT_EQ(profile.steps, 2);
  EXPECT_EQ(profile.samples, 192);
  EXPECT_EQ(profile.evaluated_images, 1'000);
  EXPECT_EQ(profile.batch_size, 128);
  EXPECT_GE(profile.wall_seconds, 0.005);
  EXPECT_GE(profile.first_step_seconds, 0);  // of the process, which may be a hundredth old
}

}  // namespace
}  // namespace tally
