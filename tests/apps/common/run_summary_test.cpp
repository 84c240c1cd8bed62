// SPDX-License-Identifier: MIT
#include "common/run_summary.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "apps/common/run_fixtures.hpp"
#include "tally/io/run_lock.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RunSummaryTest : public testing::Test {
 protected:
  [[nodiscard]] RunCondition condition() const { return summarize(run_).condition; }
  void write(const char* name, std::string_view text) const { put_file(run_ / name, text); }

  TemporaryDirectory directory_;
  std::filesystem::path run_ = directory_.path() / "run";
};

TEST_F(RunSummaryTest, HasAllThatTheFilesSay) {
  put_run(run_, "0.875");
  write("config.toml", "epochs = 2\nmax-steps = 40\n");
  write("job.restarts", "4711 32 0 1\n");
  const RunSummary run = summarize(run_);
  EXPECT_EQ(run.condition, RunCondition::kDone);
  EXPECT_EQ(run.step, 32);
  EXPECT_EQ(run.epoch, 2);
  EXPECT_EQ(run.epochs, 2);
  EXPECT_EQ(run.max_steps, 40);
  EXPECT_EQ(run.train.loss, 0.5);
  EXPECT_EQ(run.validation.accuracy, 0.875);
  EXPECT_EQ(run.test.accuracy, 0.9);
  EXPECT_EQ(run.samples_per_second, 1500);
  EXPECT_TRUE(run.since);
  EXPECT_EQ(run.owner, "job 4711");
  EXPECT_EQ(run.workers, "2 ranks, 4 threads in all");
  EXPECT_EQ(run.checkpoint, "step-000000000032.h5");
  EXPECT_EQ(run.reason, "finished");
  EXPECT_THAT(run.problems, IsEmpty());
}

TEST_F(RunSummaryTest, KnowsTheStatesThatRunStatusNames) {
  put_run(run_, "0.9", "FAILED\nstep 3\nreason a NaN\n");
  EXPECT_EQ(condition(), RunCondition::kFailed);
  write("run.status", "RESUME\nstep 3\nreason the time is over\n");
  EXPECT_EQ(condition(), RunCondition::kStopped);
}

TEST_F(RunSummaryTest, IsNewWithoutFiles) {
  EXPECT_EQ(condition(), RunCondition::kNew);
  std::filesystem::create_directory(run_);
  EXPECT_EQ(condition(), RunCondition::kNew);
}

TEST_F(RunSummaryTest, RunsWhileItsLockIsHeldAndWasKilledAfter) {
  put_run(run_, "0.9", kRunningStatus);
  make_old(run_);
  {
    const RunLock lock(run_ / "run.lock", std::chrono::seconds(0));
    EXPECT_EQ(condition(), RunCondition::kRunning);
    EXPECT_THAT(summarize(run_).owner, testing::StartsWith("host "));
  }
  const RunSummary run = summarize(run_);
  EXPECT_EQ(run.condition, RunCondition::kKilled);
  EXPECT_EQ(run.reason, "ended without a word");
}

// Its lock is not seen here: what it writes is.
TEST_F(RunSummaryTest, RunsOnAnotherHostWhileItsFilesAreFresh) {
  put_run(run_, "0.9", kRunningStatus);
  write("run.lock", "host elsewhere, process 7\n0123\n");
  EXPECT_EQ(condition(), RunCondition::kRunning);
  make_old(run_);
  EXPECT_EQ(condition(), RunCondition::kKilled);
}

TEST_F(RunSummaryTest, WasKilledBeforeItsFirstStatus) {
  write("run.lock", "host elsewhere, process 7\n0123\n");
  EXPECT_EQ(condition(), RunCondition::kKilled);
}

TEST_F(RunSummaryTest, WasRefusedUnlessItIsDone) {
  put_run(run_, "0.9", "RESUME\nstep 3\nreason stopped\n");
  write(kRefusalFile, "--network: has no layer\nand more\n");
  const RunSummary run = summarize(run_);
  EXPECT_EQ(run.condition, RunCondition::kRefused);
  EXPECT_EQ(run.reason, "--network: has no layer");
  write("run.status", kDoneStatus);
  EXPECT_EQ(condition(), RunCondition::kDone);
}

TEST_F(RunSummaryTest, TakesTheLargestStepOfAllFiles) {
  put_run(run_, "0.9", "RESUME\nstep 3\nreason stopped\n");
  EXPECT_EQ(summarize(run_).step, 32);
  write("steps.csv", "step,epoch\n41,3\n");
  EXPECT_EQ(summarize(run_).step, 41);
  write("steps.csv", "step,epoch\n-1e300,3\n");
  EXPECT_EQ(summarize(run_).step, 32);
}

TEST_F(RunSummaryTest, TellsWhatIsDamagedAndReadsTheRest) {
  put_run(run_, "0.9", "WHAT\n");
  write("config.toml", "epochs = \n");
  const RunSummary run = summarize(run_);
  EXPECT_EQ(run.condition, RunCondition::kUnknown);
  EXPECT_EQ(run.test.accuracy, 0.9);
  EXPECT_THAT(run.problems, ElementsAre(HasSubstr("run.status: is damaged: expected DONE"),
                                        HasSubstr("config.toml: line 1")));
}

TEST_F(RunSummaryTest, IsARunUnlessItIsASweep) {
  EXPECT_FALSE(is_run(run_));
  write("job.restarts", "4711 0 0\n");  // of a job that waits
  EXPECT_FALSE(is_run(run_));
  write("metrics.csv", "");
  EXPECT_TRUE(is_run(run_));
  write("sweep.csv", "");
  EXPECT_FALSE(is_run(run_));
}

RunSummary with_validation(double accuracy, double loss,
                           RunCondition condition = RunCondition::kDone) {
  RunSummary run;
  run.condition = condition;
  run.validation = {loss, accuracy};
  return run;
}

TEST(RunSummary, IsChosenByValidationAccuracyThenByLoss) {
  EXPECT_TRUE(is_better(with_validation(0.9, 1), with_validation(0.8, 0.1)));
  EXPECT_TRUE(is_better(with_validation(0.9, 0.1), with_validation(0.9, 1)));
  EXPECT_TRUE(is_better(with_validation(0.9, 5), with_validation(0.9, std::nan(""))));
  EXPECT_FALSE(is_better(with_validation(0.9, 1), with_validation(0.9, 1)));
}

TEST(RunSummary, IsChoosableWithFiguresUnlessItHasFailed) {
  EXPECT_TRUE(is_choosable(with_validation(0.9, 1, RunCondition::kRunning)));
  EXPECT_FALSE(is_choosable(with_validation(std::nan(""), 1)));
  EXPECT_FALSE(is_choosable(with_validation(0.9, 1, RunCondition::kFailed)));
  EXPECT_FALSE(is_choosable(with_validation(0.9, 1, RunCondition::kRefused)));
}

TEST(RunSummary, IsCountedByConditionTheFinishedFirst) {
  std::vector<RunSummary> runs(4);
  EXPECT_EQ(count_by_condition(runs), "4 NEW");
  runs[1].condition = RunCondition::kFailed;
  runs[2].condition = runs[3].condition = RunCondition::kDone;
  EXPECT_EQ(count_by_condition(runs), "2 DONE, 1 FAILED, 1 NEW");
  EXPECT_EQ(count_by_condition({}), "");
}

TEST(RunSummary, HasANameAndAnActionForEachCondition) {
  EXPECT_EQ(name_of(RunCondition::kNew), "NEW");
  EXPECT_EQ(name_of(RunCondition::kUnknown), "UNKNOWN");
  RunSummary run;
  EXPECT_EQ(next_action(run), "start");
  run.condition = RunCondition::kKilled;
  EXPECT_EQ(next_action(run), "resume");
  run.condition = RunCondition::kUnknown;
  EXPECT_EQ(next_action(run), "look at its files");
}

TEST(RunSummary, IsNotToBeResumedIfThatWouldFailAgain) {
  RunSummary run;
  run.condition = RunCondition::kFailed;
  run.reason = "the loss is a NaN";
  EXPECT_EQ(next_action(run), "mend, then resume");
  run.reason += "; start another run with a smaller learning rate";
  EXPECT_EQ(next_action(run), "start another run");
}

TEST(PercentText, IsADashWithoutANumber) {
  EXPECT_EQ(percent_text(0.93204), "93.20 %");
  EXPECT_EQ(percent_text(std::nan("")), "-");
}

}  // namespace
}  // namespace tally
