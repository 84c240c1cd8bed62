// SPDX-License-Identifier: MIT
#include "tally/train/watchdog.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() { testing::GTEST_FLAG(death_test_style) = "threadsafe"; }

  const StopRequest signals_;
};

TEST_F(WatchdogTest, EndsAProcessWithoutProgressAndSaysWhere) {
  EXPECT_EXIT(
      {
        Heartbeat heartbeat;
        heartbeat.at_step(41);
        heartbeat.enter(Phase::kReduce);
        const Watchdog watchdog(heartbeat, signals_, 0, seconds{1});
        std::this_thread::sleep_for(seconds{60});
      },
      testing::ExitedWithCode(1),
      "tally-train: rank 0: no progress for [0-9]+ s at step 41, reduce; another rank is frozen or "
      "cannot be reached");
}

TEST_F(WatchdogTest, SaysSoIfTheProcessItselfIsStuck) {
  EXPECT_EXIT(
      {
        Heartbeat heartbeat;
        heartbeat.enter(Phase::kForward);
        const Watchdog watchdog(heartbeat, signals_, 0, seconds{1});
        std::this_thread::sleep_for(seconds{60});
      },
      testing::ExitedWithCode(1), "no progress for [0-9]+ s at step 0, forward; it is stuck itself");
}

TEST_F(WatchdogTest, LeavesAProcessWithProgressAlone) {
  Heartbeat heartbeat;
  const Watchdog watchdog(heartbeat, signals_, 0, seconds{2});
  for (int i = 0; i < 30; ++i) {
    heartbeat.enter(Phase::kForward);
    std::this_thread::sleep_for(milliseconds{100});
  }
}

TEST_F(WatchdogTest, WaitsLongerWhileFilesAreWritten) {
  Heartbeat heartbeat;
  heartbeat.enter(Phase::kSave);
  const Watchdog watchdog(heartbeat, signals_, 0, seconds{1});
  std::this_thread::sleep_for(milliseconds{2800});
}

TEST_F(WatchdogTest, GivesLaunchersTimeToBringUpAllRanks) {
  const Heartbeat heartbeat;
  const Watchdog watchdog(heartbeat, signals_, 0, seconds{1});
  std::this_thread::sleep_for(milliseconds{2800});
}

TEST_F(WatchdogTest, IsOffWithATimeoutOfZero) {
  Heartbeat heartbeat;
  heartbeat.enter(Phase::kForward);
  const Watchdog watchdog(heartbeat, signals_, 0, seconds{0});
  std::this_thread::sleep_for(milliseconds{300});
}

}  // namespace
}  // namespace tally
