// SPDX-License-Identifier: MIT
#include "tally/train/step_flags.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(StopReason, NamesWhatAskedForTheStop) {
  EXPECT_EQ(stop_reason(kStopForTerm | kStopForTime), "SIGTERM");
  EXPECT_EQ(stop_reason(kStopForInt), "SIGINT");
  EXPECT_EQ(stop_reason(kStopForHup), "SIGHUP");
  EXPECT_EQ(stop_reason(kStopForUsr2 | kSaveNow), "SIGUSR2");
  EXPECT_EQ(stop_reason(kStopForTime), "--max-time");
}

TEST(StopFlags, AreThoseThatEndARun) {
  EXPECT_EQ(kStopFlags & (kRankFailed | kSaveNow), 0U);
  for (const std::uint32_t flag :
       {kStopForUsr2, kStopForTerm, kStopForInt, kStopForTime, kStopForJobEnd, kStopForHup}) {
    EXPECT_EQ(kStopFlags & flag, flag);
  }
}

}  // namespace
}  // namespace tally
