// SPDX-License-Identifier: MIT
#include "sweep/plan.hpp"

#include <set>

#include <gmock/gmock.h>

#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::vector<std::string> names_of(const SweepPlan& plan) {
  std::vector<std::string> names;
  for (const SweepTask& task : plan.tasks) names.push_back(task.name);
  return names;
}

std::string refusal_of_plan(const std::vector<std::string>& words) {
  return failure_of([&] { static_cast<void>(plan_sweep(words)); });
}

TEST(SweepPlan, HasEveryCombinationInTheOrderOfTheWords) {
  const SweepPlan plan = plan_sweep({"learning-rate=0.1,0.2", "seed=1,2"});
  EXPECT_THAT(plan.varied, ElementsAre("learning-rate", "seed"));
  EXPECT_THAT(names_of(plan), ElementsAre("learning-rate-0.1_seed-1", "learning-rate-0.1_seed-2",
                                          "learning-rate-0.2_seed-1", "learning-rate-0.2_seed-2"));
  EXPECT_THAT(command_line(plan.tasks[1]), ElementsAre("--learning-rate=0.1", "--seed=2"));
  EXPECT_EQ(*value_of(plan.tasks[3].options, "seed"), "2");
  EXPECT_EQ(value_of(plan.tasks[3].options, "epochs"), nullptr);
}

TEST(SweepPlan, NamesOnlyWhatDiffersInAFile) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("r.csv", "epochs,seed,name\n3,1,\n3,2,mine\n").string();
  const SweepPlan plan = plan_sweep({file});
  EXPECT_THAT(plan.varied, ElementsAre("seed"));
  EXPECT_THAT(names_of(plan), ElementsAre("seed-1", "mine"));
  EXPECT_THAT(command_line(plan.tasks[1]), ElementsAre("--epochs=3", "--seed=2"));
}

TEST(SweepPlan, AddsToNamesOfAFileWhatIsVariedBeside) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("r.csv", "epochs,name\n3,short\n5,long\n").string();
  EXPECT_THAT(names_of(plan_sweep({file, "seed=1,2"})),
              ElementsAre("short_seed-1", "short_seed-2", "long_seed-1", "long_seed-2"));
}

TEST(SweepPlan, LetsARunOfAFileGiveAgainWhatIsGivenToAll) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("r.toml", "epochs = 3\n[[run]]\nepochs = 5\n").string();
  const SweepPlan plan = plan_sweep({file});
  EXPECT_THAT(command_line(plan.tasks.at(0)), ElementsAre("--epochs=5"));
  EXPECT_EQ(plan.tasks[0].name, "as-given");
}

TEST(SweepPlan, LeavesOutFlagsThatAreOff) {
  const SweepPlan plan = plan_sweep({"profile=true,false", "nesterov=true"});
  EXPECT_THAT(command_line(plan.tasks[0]), ElementsAre("--profile", "--nesterov=true"));
  EXPECT_THAT(command_line(plan.tasks[1]), ElementsAre("--nesterov=true"));
}

TEST(SweepPlan, MakesNamesOfSafeCharactersThatStayDifferent) {
  EXPECT_THAT(names_of(plan_sweep({"data=a/b"})),
              ElementsAre(MatchesRegex("data-a-b-[0-9a-f]{6}")));
  const auto names = names_of(plan_sweep({"data=a/b,a:b,a-b,/a/b"}));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 4U);
  const std::string long_name = names_of(plan_sweep({"data=" + std::string(300, 'x')})).at(0);
  EXPECT_EQ(long_name.size(), 120U);
  EXPECT_EQ(names_of(plan_sweep({"data=" + std::string(300, 'x')})).at(0), long_name);
  EXPECT_NE(names_of(plan_sweep({"data=" + std::string(301, 'x')})).at(0), long_name);
}

TEST(SweepPlan, RefusesWhatIsNoSweep) {
  EXPECT_THAT(refusal_of_plan({"sede=1"}),
              HasSubstr("exit 2: sede: tally-train has no such option that could be varied"));
  EXPECT_THAT(refusal_of_plan({"run-dir=a"}), HasSubstr("no such option"));
  EXPECT_THAT(refusal_of_plan({"seed="}), HasSubstr("seed: a value is empty"));
  EXPECT_THAT(refusal_of_plan({"seed=1,1"}),
              HasSubstr("runs 1 and 2 would share the directory seed-1"));
  EXPECT_THAT(refusal_of_plan({"seed=1", "seed=2"}), HasSubstr("seed: is varied twice"));
  EXPECT_THAT(refusal_of_plan({"profile=yes"}), HasSubstr("expected true or false, got \"yes\""));
  EXPECT_THAT(refusal_of_plan({"data=a\nb"}), HasSubstr("expected no control characters"));
}

TEST(SweepPlan, RefusesMoreThanAHundredThousandRuns) {
  std::string seeds = "seed=", epochs = "epochs=";
  for (int i = 1; i <= 400; ++i) {
    seeds += (i == 1 ? "" : ",") + std::to_string(i);
    epochs += (i == 1 ? "" : ",") + std::to_string(i);
  }
  EXPECT_THAT(refusal_of_plan({seeds, epochs}), HasSubstr("expected at most 100 000 runs"));
}

TEST(SweepPlan, RefusesNamesThatLeaveItsFolder) {
  const TemporaryDirectory directory;
  for (const char* name : {"../x", "/x", ".x", "-x", "a b", "sweep.csv", "seeds.csv"}) {
    const std::string file =
        directory.write("r.csv", "seed,name\n1," + std::string(name) + "\n").string();
    EXPECT_THAT(refusal_of_plan({file}), testing::StartsWith("exit 2: name: ")) << name;
  }
}

}  // namespace
}  // namespace tally
