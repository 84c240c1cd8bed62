// SPDX-License-Identifier: MIT
#include "status/run_group.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "apps/common/run_fixtures.hpp"
#include "state/config_fixtures.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::EndsWith;

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

  [[nodiscard]] std::string refusal(const std::filesystem::path& path) const {
    return failure_of([&] { static_cast<void>(find_runs({path.string()})); });
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

TEST_F(RunGroupTest, OfATableHasTheRunsThatHaveNotBegun) {
  put_file(sweep_ / "sweep.csv", "task,run\n1,a\n2,later\n");
  const auto groups = find_runs({(sweep_ / "sweep.csv").string()});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_THAT(names_of(groups[0]), ElementsAre("a", "later"));
  EXPECT_EQ(groups[0].runs[1].condition, RunCondition::kNew);
}

TEST_F(RunGroupTest, OfRunsNamedOneByOneComesFirstAndUnranked) {
  const auto groups = find_runs(
      {(sweep_ / "a").string(), sweep_.string(), single_.string(), (sweep_ / "c").string()});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].sweep, "");
  EXPECT_THAT(names_of(groups[0]), ElementsAre("a", "single", "c"));
  EXPECT_EQ(groups[0].ranked, 0U);
}

TEST_F(RunGroupTest, RefusesWhatIsNoRun) {
  EXPECT_THAT(refusal(directory_.path() / "none"),
              testing::AllOf(testing::StartsWith("exit 2: "), EndsWith("there is no such run")));
  std::filesystem::create_directory(directory_.path() / "empty");
  EXPECT_THAT(refusal(directory_.path() / "empty"),
              EndsWith("expected a run directory, or a folder of run directories"));
  EXPECT_THAT(refusal(directory_.write("t.csv", "a,b\n1,2\n")),
              EndsWith("expected the sweep.csv of a sweep, with a column \"run\""));
}

// A table may be anybody's.
TEST_F(RunGroupTest, RefusesATableThatNamesWhatIsNotInItsFolder) {
  for (const char* name : {"../single", "/etc", "..", ".hidden", ""}) {
    const std::string table = "task,run\n1,a\n2," + std::string(name) + "\n";
    put_file(sweep_ / "sweep.csv", table);
    EXPECT_THAT(refusal(sweep_ / "sweep.csv"),
                EndsWith("expected the name of a run directory in line 3, got \"" +
                         std::string(name) + "\""));
  }
  put_file(sweep_ / "sweep.csv", "task,run\n1\n");
  EXPECT_THAT(refusal(sweep_ / "sweep.csv"), EndsWith("in line 2, got \"\""));
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
