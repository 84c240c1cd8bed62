// SPDX-License-Identifier: MIT
#include "tally/train/stop_request.hpp"

#include <csignal>

#include <gtest/gtest.h>

#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

TEST(StopRequest, ASaveIsAskedForOnceAndAStopForGood) {
  StopRequest request;
  EXPECT_EQ(request.take(), 0U);
  std::raise(SIGUSR1);
  std::raise(SIGUSR1);
  EXPECT_EQ(request.take(), kSaveNow);
  EXPECT_EQ(request.take(), 0U);
  std::raise(SIGTERM);
  std::raise(SIGUSR1);
  EXPECT_EQ(request.take(), kStopForTerm | kSaveNow);
  EXPECT_EQ(request.take(), kStopForTerm);
}

TEST(StopRequest, IgnoresAClosedStandardOutput) {
  const StopRequest request;
  std::raise(SIGPIPE);  // would end the process
}

TEST(StopReason, NamesWhatAskedForTheStop) {
  EXPECT_EQ(stop_reason(kStopForTerm | kStopForTime), "SIGTERM");
  EXPECT_EQ(stop_reason(kStopForInt), "SIGINT");
  EXPECT_EQ(stop_reason(kStopForUsr2 | kSaveNow), "SIGUSR2");
  EXPECT_EQ(stop_reason(kStopForTime), "--max-time");
}

}  // namespace
}  // namespace tally
