// SPDX-License-Identifier: MIT
#include "tally/run/findings.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

// Only rank 0 has looked.
TEST(Findings, ThrowTheFirstErrorOfRankZeroOnAllRanks) {
  const Communicator communicator;
  ProgressReport report(false, true);
  Findings findings;
  if (communicator.is_root()) {
    findings.warning("slow");
    findings.error("{} is wrong", "this");
    findings.error("that, too");
  }
  try {
    findings.report_or_throw(communicator, report);
    FAIL() << "nothing was thrown";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    EXPECT_STREQ(error.what(), "this is wrong");
  }
}

TEST(Findings, ReportWarningsOfRankZeroAlone) {
  const Communicator communicator;
  ProgressReport report(false, !communicator.is_root());
  Findings findings;
  findings.warning("slow");
  testing::internal::CaptureStderr();
  findings.report_or_throw(communicator, report);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            communicator.is_root() ? "tally-train: warning: slow\n" : "");
}

}  // namespace
}  // namespace tally
