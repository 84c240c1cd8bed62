// SPDX-License-Identifier: MIT
#include "tally/run/plan_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"
#include "tally/data/idx_file.hpp"

namespace tally {
namespace {

using testing::HasSubstr;

// Ten images of 2 x 2 to train and five to test, of the classes 0 to 2.
class PlanCheckTest : public testing::Test {
 protected:
  PlanCheckTest() {
    write("train", 10);
    write("t10k", 5);
    give("data", directory_.string());
    give("run-dir", directory_.string() + "/run");
    give("network", "dense:3");
    give("batch-size", "4");
  }

  void write(const std::string& prefix, std::int64_t count) const {
    std::vector<std::uint8_t> labels;
    for (int i = 0; i < count; ++i) labels.push_back(static_cast<std::uint8_t>(i % 3));
    write_idx_images(directory_.path() / (prefix + "-images-idx3-ubyte"), 2, 2,
                     std::vector<std::uint8_t>(count * 4, 9));
    write_idx_labels(directory_.path() / (prefix + "-labels-idx1-ubyte"), labels);
  }
  void give(const std::string& name, const std::string& text) {
    options_.overrides.push_back({name, text, "--" + name});
  }

  TemporaryDirectory directory_;
  LaunchOptions options_;
};

TEST_F(PlanCheckTest, TellsWhatWouldBeTrainedAndMakesNothing) {
  const PlanReport report = check_plan(options_);
  EXPECT_EQ(report.exit_code, ExitCode::kDone);
  EXPECT_THAT(report.text, HasSubstr("10 training and 5 test images of 2 x 2 in 3 classes\n"
                                     "network: 4-3, 15 parameters\n"));
  EXPECT_THAT(report.text, HasSubstr("run: " + directory_.string() + "/run: not begun\n"));
  EXPECT_THAT(report.text, HasSubstr("0 errors, 0 warnings"));
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "run"));
}

TEST_F(PlanCheckTest, CountsLabelsThatAreNoOutputAsAnError) {
  give("network", "dense:2");
  const PlanReport report = check_plan(options_);
  EXPECT_EQ(report.exit_code, ExitCode::kUsage);
  EXPECT_THAT(report.text, HasSubstr("1 error, 0 warnings"));
}

TEST_F(PlanCheckTest, WarnsOfOutputsThatNoLabelHas) {
  give("network", "dense:7");
  EXPECT_THAT(check_plan(options_).text, HasSubstr("the last layer has 7 outputs"));
}

TEST_F(PlanCheckTest, RefusesToHoldOutAllImages) {
  give("validation", "10");
  EXPECT_THAT(check_plan(options_).text,
              HasSubstr("error: --validation: expected fewer than the 10 training images, got 10"));
}

TEST_F(PlanCheckTest, SaysWhetherARunHasBegun) {
  EXPECT_THAT(check_plan(options_).text, HasSubstr("/run: not begun"));
  std::filesystem::create_directory(directory_.path() / "run");
  std::ofstream(directory_.path() / "run" / "run.status") << "RESUME\nstep 1234\nreason x\n";
  EXPECT_THAT(check_plan(options_).text, HasSubstr("/run: begun, but without a checkpoint"));
}

}  // namespace
}  // namespace tally
