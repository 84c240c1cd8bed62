// SPDX-License-Identifier: MIT
#include "status/run_group.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "apps/common/run_fixtures.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

class RunGroupTest : public testing::Test {
 protected:
  RunGroupTest() {
    put_run(sweep_ / "a", "0.8");
    put_run(sweep_ / "b", "");
    put_run(sweep_ / "c", "0.9");
    put_run(single_, "0.7");
  }

  static std::vector<std::string> names_of(const RunGroup& group) {
    std::vector<std::string> names;
    for (const RunSummary& run : group.runs) names.push_back(run.directory.filename().string());
    return names;
  }

  /// What is wrong with `path`, which is one run in a group of its own then.
  static std::vector<std::string> problems_of(const std::filesystem::path& path) {
    const auto groups = find_runs({path.string()});
    if (groups.size() != 1 || !groups[0].sweep.empty() || groups[0].runs.size() != 1) return {};
    return groups[0].runs[0].problems;
  }

  TemporaryDirectory directory_;
  std::filesystem::path sweep_ = directory_.path() / "sweep";
  std::filesystem::path single_ = directory_.path() / "single";
};

TEST_F(RunGroupTest, OfAFolderIsRankedByValidation) {
  const auto groups = find_runs({sweep_.string()});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].sweep, sweep_.string());
  EXPECT_THAT(names_of(groups[0]), ElementsAre("c", "a", "b"));
  EXPECT_EQ(groups[0].ranked, 2U);
}

// A table is as old as the last task that has ended.
TEST_F(RunGroupTest, OfATableHasWhatHasNotBegunAndWhatElseIsThere) {
  put_file(sweep_ / "sweep.csv", "task,run\n1,a\n2,later\n");
  for (const auto& path : {sweep_ / "sweep.csv", sweep_}) {
    const auto groups = find_runs({path.string()});
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0].sweep, sweep_.string());
    EXPECT_THAT(names_of(groups[0]), ElementsAre("c", "a", "later", "b"));
    EXPECT_EQ(groups[0].ranked, 2U);
    EXPECT_EQ(groups[0].runs[2].condition, RunCondition::kNew);
  }
}

TEST_F(RunGroupTest, OfRunsNamedOneByOneComesFirstAndUnranked) {
  const auto groups = find_runs(
      {(sweep_ / "a").string(), sweep_.string(), single_.string(), (sweep_ / "c").string()});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].sweep, "");
  EXPECT_THAT(names_of(groups[0]), ElementsAre("a", "single", "c"));
  EXPECT_EQ(groups[0].ranked, 0U);
}

TEST_F(RunGroupTest, GoesOnPastWhatIsNoRun) {
  std::filesystem::create_directory(directory_.path() / "empty");
  const auto groups =
      find_runs({(directory_.path() / "none").string(), (directory_.path() / "empty").string(),
                 directory_.write("t.csv", "a,b\n1,2\n").string(), single_.string()});
  ASSERT_EQ(groups.size(), 1U);
  const std::vector<RunSummary>& runs = groups[0].runs;
  EXPECT_THAT(names_of(groups[0]), ElementsAre("none", "empty", "t.csv", "single"));
  EXPECT_EQ(runs[0].condition, RunCondition::kNew);
  EXPECT_THAT(runs[0].problems, ElementsAre(EndsWith("none: there is no such run")));
  EXPECT_THAT(
      runs[1].problems,
      ElementsAre(EndsWith("empty: expected a run directory, or a folder of run directories")));
  EXPECT_EQ(runs[2].condition, RunCondition::kUnknown);
  EXPECT_THAT(runs[2].problems,
              ElementsAre(EndsWith("expected the sweep.csv of a sweep, with a column \"run\"")));
  EXPECT_EQ(runs[3].condition, RunCondition::kDone);
  EXPECT_THAT(runs[3].problems, IsEmpty());
}

// A job has named itself there, and waits in the queue.
TEST_F(RunGroupTest, HasARunThatOnlyAJobHasBegun) {
  put_file(directory_.path() / "queued" / "job.restarts", "4711 0 0\n");
  const auto groups = find_runs({(directory_.path() / "queued").string()});
  ASSERT_EQ(groups.size(), 1U);
  ASSERT_EQ(groups[0].runs.size(), 1U);
  EXPECT_EQ(groups[0].runs[0].condition, RunCondition::kNew);
  EXPECT_EQ(groups[0].runs[0].owner, "job 4711");
  EXPECT_THAT(groups[0].runs[0].problems, IsEmpty());
}

// A table may be anybody's.
TEST_F(RunGroupTest, RefusesATableThatNamesWhatIsNotInItsFolder) {
  for (const char* name : {"../single", "/etc", "..", ".hidden", ""}) {
    const std::string table = "task,run\n1,a\n2," + std::string(name) + "\n";
    put_file(sweep_ / "sweep.csv", table);
    EXPECT_THAT(problems_of(sweep_ / "sweep.csv"),
                ElementsAre(EndsWith("expected the name of a run directory in line 3, got \"" +
                                     std::string(name) + "\"")));
  }
  put_file(sweep_ / "sweep.csv", "task,run\n1\n");
  EXPECT_THAT(problems_of(sweep_ / "sweep.csv"), ElementsAre(EndsWith("in line 2, got \"\"")));
}

TEST_F(RunGroupTest, OfAFolderWithADamagedTableIsItsRunsAndAProblem) {
  put_file(sweep_ / "sweep.csv", "task,run\n1\n");
  const auto groups = find_runs({sweep_.string()});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_THAT(names_of(groups[0]), ElementsAre("c", "a", "b"));
  EXPECT_THAT(groups[0].problems, ElementsAre(EndsWith("in line 2, got \"\"")));
}

TEST(RankByValidation, LeavesRunsThatCannotBeChosenInTheirOrder) {
  RunGroup group;
  for (const auto& [name, accuracy] : std::vector<std::pair<const char*, double>>{
           {"a", std::nan("")}, {"b", 0.5}, {"c", 0.5}, {"d", std::nan("")}, {"e", 0.75}}) {
    RunSummary& run = group.runs.emplace_back();
    run.directory = name;
    run.validation = {1, accuracy};
  }
  rank_by_validation(group);
  std::string order;
  for (const RunSummary& run : group.runs) order += run.directory.string();
  EXPECT_EQ(order, "ebcad");
  EXPECT_EQ(group.ranked, 3U);
}

}  // namespace
}  // namespace tally
