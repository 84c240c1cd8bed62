// SPDX-License-Identifier: MIT
#include "tally/run/progress_report.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

ProgressReport::Epoch epoch() {
  EpochRow row;
  row.epoch = 3;
  row.train = {0.123456, 0.9876};
  row.test = {0.2, 0.9512};
  return {row, 20, 123456.7, true};
}

TEST(ProgressReport, PrintsALineAnEpoch) {
  testing::internal::CaptureStdout();
  ProgressReport report(false);
  report.epoch(epoch());
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  3/20  loss 0.1235  train 98.76 %  test 95.12 %  123 457 samples/s  saved\n");
}

TEST(ProgressReport, NamesTheValidationImagesIfThereAreAny) {
  ProgressReport::Epoch with_validation = epoch();
  with_validation.row.validation = {0.3, 0.9};
  with_validation.is_saved = false;
  testing::internal::CaptureStdout();
  ProgressReport report(false);
  report.epoch(with_validation);
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  3/20  loss 0.1235  train 98.76 %  validation 90.00 %  test 95.12 %  123 457 "
            "samples/s\n");
}

TEST(ProgressReport, DrawsNoBarWhereThereIsNoTerminal) {
  testing::internal::CaptureStdout();
  ProgressReport report(false);
  report.step({}, 20, 100);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(ProgressReport, QuietPrintsWarningsOnly) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  ProgressReport report(true);
  report.line("a line");
  report.epoch(epoch());
  report.warning("the disk is full");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "tally-train: warning: the disk is full\n");
}

}  // namespace
}  // namespace tally
