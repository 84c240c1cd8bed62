// SPDX-License-Identifier: MIT
#include "tally/core/stop_point.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(StopPoint, PassesWhereNobodyMayStopTheWork) {
  EXPECT_FALSE(is_stop_asked());
  EXPECT_NO_THROW(stop_point());
}

TEST(StopPoint, ThrowsOnceTheWorkShallStop) {
  int asked = 0;
  const std::function<bool()> should_stop = [&] { return ++asked == 3; };
  const Stoppable stoppable(should_stop);
  EXPECT_NO_THROW(stop_point());
  EXPECT_NO_THROW(stop_point());
  EXPECT_THROW(stop_point(), Stopped);
}

TEST(StopPoint, BelongsToItsThreadAndEndsWithItsScope) {
  const std::function<bool()> always = [] { return true; };
  {
    const Stoppable stoppable(always);
    EXPECT_TRUE(is_stop_asked());
    std::thread([] { EXPECT_FALSE(is_stop_asked()); }).join();
  }
  EXPECT_FALSE(is_stop_asked());
}

TEST(StopPoint, IsAskedAfterAnEarlierStop) {
  const std::function<bool()> always = [] { return true; };
  for (int turn = 0; turn < 2; ++turn) {
    const auto work = [&] {
      const Stoppable stoppable(always);
      stop_point();
    };
    EXPECT_THROW(work(), Stopped);
  }
}

}  // namespace
}  // namespace tally
