// SPDX-License-Identifier: MIT
#include "sweep/table.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "apps/common/run_fixtures.hpp"
#include "tally/core/csv.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RunSummary done_run(double validation_accuracy) {
  RunSummary run;
  run.condition = RunCondition::kDone;
  run.step = 32;
  run.epoch = 2;
  run.validation = {0.5, validation_accuracy};
  run.test = {0.25, 0.75};
  return run;
}

std::vector<std::string> column_of(const std::string& table, const std::string& name) {
  const auto rows = csv_rows(table, "table");
  const auto column = std::ranges::find(rows.at(0), name) - rows[0].begin();
  std::vector<std::string> fields;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    fields.push_back(rows[i].at(static_cast<std::size_t>(column)));
  }
  return fields;
}

TEST(SweepTable, HasALineForEachTask) {
  const SweepPlan plan = plan_sweep({"learning-rate=0.1,0.2,0.3"});
  RunSummary failed;
  failed.condition = RunCondition::kFailed;
  failed.reason = "a NaN,\nat once";
  const std::string table = sweep_table(plan, {done_run(0.5), failed, done_run(0.75)});
  EXPECT_THAT(column_of(table, "task"), ElementsAre("1", "2", "3"));
  EXPECT_THAT(column_of(table, "learning-rate"), ElementsAre("0.1", "0.2", "0.3"));
  EXPECT_THAT(column_of(table, "state"), ElementsAre("DONE", "FAILED", "DONE"));
  EXPECT_THAT(column_of(table, "validation_accuracy"), ElementsAre("0.5", "", "0.75"));
  EXPECT_THAT(column_of(table, "rank"), ElementsAre("2", "", "1"));
  EXPECT_THAT(column_of(table, "reason"), ElementsAre("", "a NaN,\\x0Aat once", ""));
}

// Of 0.5 and 0.75: mean 0.625, and a deviation of the sample of 0.25 / sqrt(2).
TEST(SeedsTable, HasMeanAndDeviationOfWhatIsDone) {
  const SweepPlan plan = plan_sweep({"learning-rate=0.1,0.2", "seed=1,2,3"});
  RunSummary open = done_run(1);
  open.condition = RunCondition::kRunning;
  const std::vector<RunSummary> runs = {done_run(0.5),  done_run(0.75), open,
                                        done_run(0.75), open,           open};
  const std::string table = seeds_table(plan, runs);
  EXPECT_THAT(column_of(table, "learning-rate"), ElementsAre("0.1", "0.2"));
  EXPECT_THAT(column_of(table, "runs"), ElementsAre("3", "3"));
  EXPECT_THAT(column_of(table, "done"), ElementsAre("2", "1"));
  EXPECT_THAT(column_of(table, "validation_accuracy_mean"), ElementsAre("0.625", "0.75"));
  EXPECT_NEAR(std::stod(column_of(table, "validation_accuracy_deviation")[0]),
              0.25 / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(column_of(table, "validation_accuracy_deviation")[1], "");
  EXPECT_THAT(column_of(table, "rank"), ElementsAre("2", "1"));
}

TEST(SeedsTable, IsEmptyUnlessTheSeedIsVaried) {
  EXPECT_THAT(seeds_table(plan_sweep({"epochs=1"}), {done_run(0.5)}), IsEmpty());
}

TEST(SweepVerdict, NamesTheBestOrSaysWhyThereIsNone) {
  const SweepPlan plan = plan_sweep({"epochs=1,2"});
  EXPECT_EQ(sweep_verdict(plan, {done_run(0.5), done_run(0.75)}),
            "2 tasks: 2 DONE; best by validation: epochs-2, 75.00 %\n");
  EXPECT_THAT(sweep_verdict(plan, {done_run(std::nan("")), RunSummary{}}),
              testing::StartsWith("2 tasks: 1 DONE, 1 NEW; no run is ranked: hold images out"));
}

TEST(SweepVerdict, NamesTheBestConfigurationOverSeeds) {
  const SweepPlan plan = plan_sweep({"epochs=1", "seed=1,2"});
  EXPECT_THAT(sweep_verdict(plan, {done_run(0.5), done_run(0.75)}),
              testing::EndsWith("\nbest by validation over 2 seeds: epochs 1, 62.50 % +- 17.68\n"));
}

TEST(WriteSweepTables, WritesWhatTheRunsOfItsFolderAre) {
  const TemporaryDirectory directory;
  const SweepPlan plan = plan_sweep({"seed=1,2"});
  put_run(directory.path() / "seed-2", "0.875");
  EXPECT_THAT(write_sweep_tables(directory.path(), plan),
              testing::StartsWith("2 tasks: 1 DONE, 1 NEW; best by validation: seed-2, 87.50 %\n"));
  const auto runs = summarize(directory.path(), plan);
  const auto text_in = [&](const char* name) {
    std::ifstream file(directory.path() / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(text_in("sweep.csv"), sweep_table(plan, runs));
  EXPECT_EQ(text_in("seeds.csv"), seeds_table(plan, runs));
}

}  // namespace
}  // namespace tally
