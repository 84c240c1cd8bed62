// SPDX-License-Identifier: MIT
#include "tally/io/metrics_log.hpp"

#include <gtest/gtest.h>

#include "io_fixtures.hpp"
#include "system_fixtures.hpp"

namespace tally {
namespace {

const std::string kEpochHeader =
    "epoch,step,samples,learning_rate,train_loss,train_accuracy,validation_loss,"
    "validation_accuracy,test_loss,test_accuracy\n";
const std::string kStepHeader = "step,epoch,samples,learning_rate,train_loss,train_accuracy\n";

const EpochRow kFirstEpoch{1, 32, 4'000, 0.1, {2.5, 0.125}, {}, {0.30000000000000004, 1}};
const EpochRow kSecondEpoch{2, 64, 8'000, 1e-7, {0.5, 0.75}, {1.5, 0.25}, {}};
const StepRow kFirstStep{10, 1, 1'280, 0.1, {2.75, 0.0625}};
const StepRow kSecondStep{20, 1, 2'560, 0.05, {}};

const std::string kFirstEpochLine = "1,32,4000,0.1,2.5,0.125,,,0.30000000000000004,1\n";
const std::string kSecondEpochLine = "2,64,8000,1e-07,0.5,0.75,1.5,0.25,,\n";
const std::string kFirstStepLine = "10,1,1280,0.1,2.75,0.0625\n";
const std::string kSecondStepLine = "20,1,2560,0.05,,\n";

TEST(MetricsLog, WritesTheHistoryOfARun) {
  const TemporaryDirectory directory;
  const MetricsLog log(directory.path(), {{kFirstEpoch, kSecondEpoch}, {kFirstStep, kSecondStep}},
                       true, kNoCheck);
  EXPECT_EQ(text_in(directory.path() / "metrics.csv"),
            kEpochHeader + kFirstEpochLine + kSecondEpochLine);
  EXPECT_EQ(text_in(directory.path() / "steps.csv"),
            kStepHeader + kFirstStepLine + kSecondStepLine);
}

TEST(MetricsLog, AppendsRows) {
  const TemporaryDirectory directory;
  MetricsLog log(directory.path(), {}, true, kNoCheck);
  EXPECT_EQ(text_in(directory.path() / "metrics.csv"), kEpochHeader);
  EXPECT_EQ(text_in(directory.path() / "steps.csv"), kStepHeader);
  log.add(kFirstStep);
  log.add(kFirstEpoch);
  log.add(kSecondStep);
  log.add(kSecondEpoch);
  EXPECT_EQ(text_in(directory.path() / "metrics.csv"),
            kEpochHeader + kFirstEpochLine + kSecondEpochLine);
  EXPECT_EQ(text_in(directory.path() / "steps.csv"),
            kStepHeader + kFirstStepLine + kSecondStepLine);
}

TEST(MetricsLog, DropsRowsThatAKilledRunWroteAfterItsCheckpoint) {
  const TemporaryDirectory directory;
  MetricsLog(directory.path(), {{kFirstEpoch, kSecondEpoch}, {kFirstStep, kSecondStep}}, true,
             kNoCheck);
  MetricsLog resumed(directory.path(), {{kFirstEpoch}, {kFirstStep}}, true, kNoCheck);
  EXPECT_EQ(text_in(directory.path() / "metrics.csv"), kEpochHeader + kFirstEpochLine);
  EXPECT_EQ(text_in(directory.path() / "steps.csv"), kStepHeader + kFirstStepLine);
  resumed.add(kSecondEpoch);
  EXPECT_EQ(text_in(directory.path() / "metrics.csv"),
            kEpochHeader + kFirstEpochLine + kSecondEpochLine);
}

TEST(MetricsLog, HasNoStepsFileUnlessThereAreSteps) {
  const TemporaryDirectory directory;
  MetricsLog(directory.path(), {{kFirstEpoch}, {}}, false, kNoCheck);
  EXPECT_EQ(names_in(directory.path()), std::vector<std::string>{"metrics.csv"});
}

TEST(MetricsLog, KeepsStepsRightWhenTheyAreNoLongerLogged) {
  const TemporaryDirectory directory;
  MetricsLog(directory.path(), {{}, {kFirstStep, kSecondStep}}, true, kNoCheck);
  MetricsLog(directory.path(), {{}, {kFirstStep}}, false, kNoCheck);
  EXPECT_EQ(text_in(directory.path() / "steps.csv"), kStepHeader + kFirstStepLine);
  MetricsLog(directory.path(), {}, false, kNoCheck);
  EXPECT_EQ(text_in(directory.path() / "steps.csv"), kStepHeader);
}

TEST(MetricsLog, SaysWhatIsWrongWithItsFile) {
  const TemporaryDirectory directory;
  MetricsLog log(directory.path(), {}, true, kNoCheck);
  const std::filesystem::path file = directory.path() / "metrics.csv";
  std::filesystem::remove(file);
  EXPECT_EQ(failure_of([&] { log.add(kFirstEpoch); }),
            "exit 1: " + file.string() +
                ": cannot write: the file was removed or replaced; --resume makes it again");
  EXPECT_EQ(failure_of([&] { MetricsLog(directory.path() / "none", {}, false, kNoCheck); }),
            "exit 1: " + directory.string() +
                "/none/metrics.csv: cannot create: No such file or directory");
}

TEST(MetricsLog, HasNoGapAndNoHalfRowAfterAFullDisk) {
  const TemporaryDirectory directory;
  const SmallFileSystem disk(directory.path() / "disk", 16'384);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  const std::filesystem::path run = directory.path() / "disk";
  MetricsLog log(run, {}, true, kNoCheck);
  const auto ballast = std::string(20'000, 'x');
  put(run / "ballast", ballast);  // as much of it as there is room for

  // Within its last page the file grows even on a full disk, and then it does not.
  std::string lines;
  int failures = 0;
  for (int i = 0; i < 300; ++i) {
    lines += kFirstStepLine;
    if (failure_of([&] { log.add(kFirstStep); }) == "no failure") continue;
    ++failures;
    const std::string text = text_in(run / "steps.csv");
    EXPECT_EQ(text, (kStepHeader + lines).substr(0, text.size()));
    EXPECT_EQ(text.back(), '\n');
  }
  EXPECT_GT(failures, 0);
  EXPECT_EQ(failure_of([&] { log.add(kFirstStep); }),
            "exit 1: " + (run / "steps.csv").string() + ": cannot write: No space left on device");
  std::filesystem::remove(run / "ballast");
  log.add(kSecondStep);
  EXPECT_EQ(text_in(run / "steps.csv"), kStepHeader + lines + kFirstStepLine + kSecondStepLine);
}

}  // namespace
}  // namespace tally
