// SPDX-License-Identifier: MIT
#include "tally/run/training_recipe.hpp"

#include <algorithm>
#include <cmath>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {

std::int64_t training_samples(const TrainingState& state) {
  return used_training_images(state.config, state.data) - state.config.validation;
}

void require_possible_progress(const TrainingState& state) {
  const Progress& progress = state.progress;
  const ShardPlan plan(shard_recipe(state));
  const std::int64_t steps = plan.steps_per_epoch();
  const std::int64_t open_samples = progress.epoch_step * state.config.batch_size;
  const bool is_possible =
      progress.epoch >= 0 && progress.epoch_step >= 0 && progress.epoch_step < steps &&
      progress.step == progress.epoch * steps + progress.epoch_step &&
      progress.samples == progress.epoch * training_samples(state) + open_samples &&
      progress.epoch_samples == open_samples && progress.epoch_correct >= 0 &&
      progress.epoch_correct <= open_samples && progress.epoch_loss_sum >= 0 &&
      std::isfinite(progress.epoch_loss_sum);
  require(
      is_possible, ExitCode::kCheckpoint,
      "the checkpoint is damaged: step {} of epoch {}, step {} in all, after {} samples does not "
      "fit its recipe, with {} steps in each epoch; resume from another checkpoint",
      progress.epoch_step, progress.epoch, grouped(progress.step), grouped(progress.samples),
      grouped(steps));
}

DataUse data_use(const TrainingState& state, const Network& network) {
  return {used_training_images(state.config, state.data), state.config.validation,
          state.config.seed, static_cast<int>(network.outputs())};
}

ShardRecipe shard_recipe(const TrainingState& state) {
  const RunConfig& config = state.config;
  return {training_samples(state), config.batch_size, config.micro_batch.value, config.order,
          config.seed};
}

TrainerOptions trainer_options(const TrainingState& state) {
  const RunConfig& config = state.config;
  const std::int64_t samples = training_samples(state);
  LearningRateSchedule schedule;
  schedule.kind = config.schedule;
  schedule.peak = config.learning_rate;
  schedule.total_samples = config.epochs * samples;
  schedule.step_samples = config.step_epochs * samples;
  schedule.step_factor = config.step_factor;
  schedule.warmup_samples = config.warmup_steps * config.batch_size;
  schedule.batch_size = config.batch_size;
  return {{config.momentum, config.nesterov, config.weight_decay, config.decay},
          schedule,
          config.reduction};
}

std::unique_ptr<SampleCopies> sample_copies(const TrainingState& state, const ShardStore& samples) {
  const RunConfig& config = state.config;
  if (config.augment.is_empty()) return nullptr;
  const Shape shape = image_shape(state.data);
  const ImageSize size{shape.height, shape.width, shape.channels};
  require_augmentable(size);
  return std::make_unique<SampleCopies>(
      AugmentationRecipe{config.augment, config.augment_strength, config.augment_copies,
                         config.epochs, size, config.seed},
      samples);
}

}  // namespace tally
