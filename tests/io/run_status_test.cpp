// SPDX-License-Identifier: MIT
#include "tally/io/run_status.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(RunStatus, HasItsStateAloneOnTheFirstLine) {
  EXPECT_EQ(to_text(RunStatus{RunState::kDone, 640, "step-000000000640.h5", "finished"}),
            "DONE\nstep 640\ncheckpoint step-000000000640.h5\nreason finished\n");
  EXPECT_EQ(to_text(RunStatus{RunState::kResume, 0, "", "running"}),
            "RESUME\nstep 0\nreason running\n");
  EXPECT_EQ(to_text(RunStatus{RunState::kFailed, 7, "", "the loss is nan"}),
            "FAILED\nstep 7\nreason the loss is nan\n");
}

TEST(RunStatus, HasItsReasonOnOneLine) {
  EXPECT_EQ(to_text(RunStatus{RunState::kFailed, 7, "", "first\nDONE\n"}),
            "FAILED\nstep 7\nreason first DONE \n");
  EXPECT_EQ(to_text(RunStatus{RunState::kFailed, 7, "", "\x1B[2K\rdone"}),
            "FAILED\nstep 7\nreason \\x1B[2K\\x0Ddone\n");
}

TEST(RunStatus, TellsOfTheLaunch) {
  EXPECT_EQ(to_text(RunStatus{RunState::kResume, 3, "", "running", "2 ranks, 4 threads in all",
                              123456.7}),
            "RESUME\nstep 3\nworkers 2 ranks, 4 threads in all\nsamples_per_second 123457\n"
            "reason running\n");
}

TEST(RunStatus, GivesBackWhatItWrites) {
  for (const RunStatus& status :
       {RunStatus{RunState::kDone, 640, "step-000000000640.h5", "finished", "1 rank", 5},
        RunStatus{RunState::kResume, 0, "", "running", "", 0},
        RunStatus{RunState::kFailed, 1'000'000'000'000, "a b", "", "", 0}}) {
    const auto back = run_status_in(to_text(status));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(to_text(*back), to_text(status));
  }
}

TEST(RunStatus, IsNothingWithoutAState) {
  for (const char* text : {"", "\n", "DON", "DONE now\n", " DONE\n", "step 7\n", "done\n"}) {
    EXPECT_FALSE(run_status_in(text).has_value()) << text;
  }
}

TEST(RunStatus, PassesOverWhatSaysNothing) {
  const auto status = run_status_in(
      "DONE\nstep -3\nstep x\nstep\nsamples_per_second inf\nsamples_per_second \nfuture "
      "7\n\nreason");
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(to_text(*status), "DONE\nstep 0\nreason \n");
}

TEST(RunStatus, MayEndAnywhere) {
  const std::string text = to_text(RunStatus{RunState::kResume, 64, "step-64.h5", "running"});
  for (std::size_t length = 6; length <= text.size(); ++length) {
    EXPECT_TRUE(run_status_in(text.substr(0, length)).has_value()) << length;
  }
}

}  // namespace
}  // namespace tally
