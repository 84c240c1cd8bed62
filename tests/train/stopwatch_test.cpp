// SPDX-License-Identifier: MIT
#include "tally/train/stopwatch.hpp"

#include <numeric>
#include <thread>

#include <gtest/gtest.h>

namespace tally {
namespace {

double seconds_of(const Stopwatch& stopwatch, Activity activity) {
  return stopwatch.seconds()[static_cast<std::size_t>(activity)];
}

void rest() {
  std::this_thread::sleep_for(std::chrono::milliseconds{5});
}

TEST(Stopwatch, CountsNothingUntilItIsStarted) {
  Stopwatch stopwatch;
  rest();
  stopwatch.lap(Activity::kForward);
  EXPECT_EQ(seconds_of(stopwatch, Activity::kForward), 0);
}

TEST(Stopwatch, GivesAllTimeSinceTheLastLapToOneActivity) {
  Stopwatch stopwatch;
  const auto before = Stopwatch::Clock::now();
  stopwatch.start();
  rest();
  stopwatch.lap(Activity::kForward);
  rest();
  stopwatch.lap(Activity::kReduce);
  const std::chrono::duration<double> all = Stopwatch::Clock::now() - before;
  EXPECT_GE(seconds_of(stopwatch, Activity::kForward), 0.005);
  EXPECT_GE(seconds_of(stopwatch, Activity::kReduce), 0.005);
  const ActivitySeconds& seconds = stopwatch.seconds();
  EXPECT_LE(std::accumulate(seconds.begin(), seconds.end(), 0.0), all.count());
}

TEST(Stopwatch, SharesALapOfTwoThatTookTurns) {
  Stopwatch stopwatch;
  stopwatch.start();
  rest();
  stopwatch.lap(Activity::kReduce, 0.25, Activity::kUpdate);
  const double first = seconds_of(stopwatch, Activity::kReduce);
  const double second = seconds_of(stopwatch, Activity::kUpdate);
  EXPECT_GE(first + second, 0.005);
  EXPECT_NEAR(first / (first + second), 0.25, 1e-9);
}

}  // namespace
}  // namespace tally
