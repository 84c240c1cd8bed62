// SPDX-License-Identifier: MIT
#include "tally/optim/learning_rate.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tally {
namespace {

LearningRateSchedule schedule(ScheduleKind kind) {
  LearningRateSchedule result;
  result.kind = kind;
  result.peak = 0.2;
  result.total_samples = 1000;
  result.step_samples = 300;
  result.step_factor = 0.5;
  result.batch_size = 10;
  return result;
}

TEST(LearningRateSchedule, ConstantStaysAtThePeak) {
  EXPECT_DOUBLE_EQ(schedule(ScheduleKind::kConstant).at(0), 0.2);
  EXPECT_DOUBLE_EQ(schedule(ScheduleKind::kConstant).at(123456), 0.2);
}

TEST(LearningRateSchedule, StepFallsByTheFactor) {
  const LearningRateSchedule step = schedule(ScheduleKind::kStep);
  EXPECT_DOUBLE_EQ(step.at(0), 0.2);
  EXPECT_DOUBLE_EQ(step.at(299), 0.2);
  EXPECT_DOUBLE_EQ(step.at(300), 0.1);
  EXPECT_DOUBLE_EQ(step.at(600), 0.05);
}

TEST(LearningRateSchedule, CosineFallsToZero) {
  const LearningRateSchedule cosine = schedule(ScheduleKind::kCosine);
  EXPECT_DOUBLE_EQ(cosine.at(0), 0.2);
  EXPECT_DOUBLE_EQ(cosine.at(500), 0.1);
  EXPECT_NEAR(cosine.at(250), 0.2 * (1 + std::sqrt(0.5)) / 2, 1e-12);
  EXPECT_NEAR(cosine.at(1000), 0, 1e-12);
}

TEST(LearningRateSchedule, OneCycleRisesAndFalls) {
  const LearningRateSchedule cycle = schedule(ScheduleKind::kOneCycle);
  EXPECT_NEAR(cycle.at(0), 0.2 / 25, 1e-12);
  EXPECT_NEAR(cycle.at(150), (0.2 / 25 + 0.2) / 2, 1e-12);
  EXPECT_NEAR(cycle.at(300), 0.2, 1e-12);
  EXPECT_NEAR(cycle.at(650), 0.1, 1e-6);
  EXPECT_NEAR(cycle.at(1000), 0.2 / 25 / 1e4, 1e-12);
  EXPECT_NEAR(cycle.at(2000), 0.2 / 25 / 1e4, 1e-12);
}

TEST(LearningRateSchedule, WarmUpRisesStepByStepToTheSchedule) {
  LearningRateSchedule constant = schedule(ScheduleKind::kConstant);
  constant.warmup_samples = 4 * constant.batch_size;
  EXPECT_DOUBLE_EQ(constant.at(0), 0.05);
  EXPECT_DOUBLE_EQ(constant.at(10), 0.1);
  EXPECT_DOUBLE_EQ(constant.at(30), 0.2);
  EXPECT_DOUBLE_EQ(constant.at(40), 0.2);
}

TEST(LearningRateSchedule, OnlyCosineAndOneCycleDependOnTheLength) {
  EXPECT_FALSE(depends_on_length(ScheduleKind::kConstant));
  EXPECT_FALSE(depends_on_length(ScheduleKind::kStep));
  EXPECT_TRUE(depends_on_length(ScheduleKind::kCosine));
  EXPECT_TRUE(depends_on_length(ScheduleKind::kOneCycle));
}

}  // namespace
}  // namespace tally
