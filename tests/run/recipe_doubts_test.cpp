// SPDX-License-Identifier: MIT
#include "tally/run/recipe_doubts.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::StartsWith;

std::vector<std::string> doubts_about(const Overrides& options,
                                      std::optional<std::int64_t> steps = {}) {
  const LaunchOverrides overrides{"", options};
  return recipe_doubts(overrides, fresh_config(overrides), steps);
}

Override option(const std::string& name, const std::string& text) {
  return {name, text, "--" + name};
}

TEST(RecipeDoubts, AreNoneAboutTheRecipesThatTallyHas) {
  EXPECT_THAT(doubts_about({}), IsEmpty());
  for (const char* preset : {"paper", "fast"}) {
    const LaunchOverrides overrides{preset, {}};
    EXPECT_THAT(recipe_doubts(overrides, fresh_config(overrides), 3), IsEmpty());
  }
}

TEST(RecipeDoubts, NameEachValueThatCanHardlyBeMeantOnce) {
  EXPECT_THAT(doubts_about({option("learning-rate", "0")}),
              ElementsAre("--learning-rate 0: no step changes a parameter, so nothing is learnt"));
  EXPECT_THAT(doubts_about({option("learning-rate", "1e9")}),
              ElementsAre(StartsWith("--learning-rate 1000000000: steps of this length leave")));
  EXPECT_THAT(doubts_about({option("momentum", "1")}),
              ElementsAre(StartsWith("--momentum 1: the velocity never decays")));
  EXPECT_THAT(doubts_about({option("weight-decay", "1e9")}),
              ElementsAre(StartsWith("--weight-decay 1000000000: with --learning-rate 0.2 each "
                                     "step takes 2e+08 times a weight from it")));
  EXPECT_THAT(doubts_about({option("schedule", "step"), option("step-factor", "0")}),
              ElementsAre(StartsWith("--step-factor 0: the learning rate is 0 after 10 epochs")));
}

TEST(RecipeDoubts, NameAWarmUpThatIsLongerThanTheRun) {
  const Override warm_up = option("warmup-steps", "51");
  EXPECT_THAT(doubts_about({warm_up}), IsEmpty());  // nobody knows
  EXPECT_THAT(doubts_about({warm_up}, 51), IsEmpty());
  EXPECT_THAT(doubts_about({warm_up}, 50),
              ElementsAre("--warmup-steps 51: longer than the run of 50 steps, so the learning "
                          "rate never rises to --learning-rate 0.2"));
  EXPECT_EQ(doubts_about({warm_up, option("max-steps", "50")}).size(), 1U);
}

TEST(RecipeDoubts, NameSmoothedLabelsThatNoLossUses) {
  const Override smoothing = option("label-smoothing", "0.1");
  EXPECT_THAT(doubts_about({smoothing}), IsEmpty());
  EXPECT_THAT(doubts_about({smoothing, option("loss", "mse")}),
              ElementsAre("--label-smoothing: changes nothing with --loss mse"));
}

TEST(RecipeDoubts, NameOptionsOfAnAugmentationThatIsNone) {
  const Override copies = option("augment-copies", "5");
  EXPECT_THAT(doubts_about({copies}),
              ElementsAre("--augment-copies: changes nothing without --augment"));
  EXPECT_THAT(doubts_about({copies, option("augment", "elastic")}), IsEmpty());
}

TEST(RecipeDoubts, SayWhatMinusZeroIs) {
  EXPECT_THAT(doubts_about({option("weight-decay", "-0"), option("epochs", "3")}),
              ElementsAre("--weight-decay: got \"-0\", which is taken as 0"));
  EXPECT_THAT(doubts_about({{"log-every", "-0", "my.toml: log-every"}}),
              ElementsAre("my.toml: log-every: got \"-0\", which is taken as 0"));
  EXPECT_THAT(doubts_about({option("run-dir", "-0x"), option("data", "-")}), IsEmpty());
  const LaunchOverrides overrides{"", {option("momentum", "-0.0")}};
  EXPECT_FALSE(std::signbit(fresh_config(overrides).momentum));
}

TEST(NormalizationDoubt, IsOfOneNumberInAMicroBatch) {
  RunConfig config;
  config.network = "flatten,batch-norm,dense:3";
  config.micro_batch.value = 1;
  EXPECT_THAT(normalization_doubt(config, {2, 2, 1}),
              Optional(StartsWith("--micro-batch 1: batch-norm sees one number of each channel")));
  config.micro_batch.value = 2;
  EXPECT_EQ(normalization_doubt(config, {2, 2, 1}), std::nullopt);
  config.micro_batch.value = 1;
  config.network = "batch-norm,dense:3";
  EXPECT_EQ(normalization_doubt(config, {2, 2, 1}), std::nullopt);
  EXPECT_NE(normalization_doubt(config, {1, 1, 4}), std::nullopt);
}

TEST(RunSteps, AreThoseOfAllEpochsOrFewer) {
  RunConfig config;
  config.batch_size = 128;
  config.epochs = 3;
  EXPECT_EQ(run_steps(config, 128), 3);
  EXPECT_EQ(run_steps(config, 129), 6);
  config.max_steps = 5;
  EXPECT_EQ(run_steps(config, 129), 5);
  EXPECT_EQ(run_steps(config, 1), 3);
}

}  // namespace
}  // namespace tally
