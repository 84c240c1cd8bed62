// SPDX-License-Identifier: MIT
#include "tally/run/training_recipe.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TrainingState example_state() {
  TrainingState state;
  state.config.batch_size = 100;
  state.config.micro_batch = {25};
  state.config.epochs = 3;
  state.config.validation = 50;
  state.config.train_limit = 1'050;
  state.config.step_epochs = 2;
  state.config.warmup_steps = 7;
  state.config.momentum = 0.5;
  state.config.learning_rate = 0.25;
  state.config.seed = 9;
  state.data = {60'000, 10'000, 28, 28, {}};
  return state;
}

TEST(TrainingRecipe, LeavesOutWhatIsHeldOutAndWhatIsBeyondTheLimit) {
  const TrainingState state = example_state();
  EXPECT_EQ(training_samples(state), 1'000);
  const DataUse use = data_use(state, Network("dense:12", 784));
  EXPECT_EQ(use.images, 1'050);
  EXPECT_EQ(use.validation, 50);
  EXPECT_EQ(use.seed, 9U);
  EXPECT_EQ(use.classes, 12);
}

TEST(TrainingRecipe, CountsInSamples) {
  const TrainingState state = example_state();
  const ShardPlan plan(shard_recipe(state));
  EXPECT_EQ(plan.shards(), 4);
  EXPECT_EQ(plan.steps_per_epoch(), 10);
  const TrainerOptions options = trainer_options(state);
  EXPECT_EQ(options.sgd.momentum, 0.5);
  EXPECT_EQ(options.schedule.peak, 0.25);
  EXPECT_EQ(options.schedule.total_samples, 3'000);
  EXPECT_EQ(options.schedule.step_samples, 2'000);
  EXPECT_EQ(options.schedule.warmup_samples, 700);
  EXPECT_EQ(options.schedule.batch_size, 100);
}

}  // namespace
}  // namespace tally
