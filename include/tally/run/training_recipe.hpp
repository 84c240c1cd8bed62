// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "tally/data/shard_plan.hpp"
#include "tally/nn/network.hpp"
#include "tally/state/training_state.hpp"
#include "tally/train/rank_data.hpp"
#include "tally/train/trainer.hpp"

// What the options of a run, and the number of images that were found, mean to those who do the
// work. Every figure is in samples, none in ranks.
namespace tally {

DataUse data_use(const TrainingState& state, const Network& network);
ShardRecipe shard_recipe(const TrainingState& state);
TrainerOptions trainer_options(const TrainingState& state);
/// The copies of `samples` to train on; null without augmentation. Throws an Error for images that
/// are too large to be augmented.
std::unique_ptr<SampleCopies> sample_copies(const TrainingState& state, const ShardStore& samples);

/// Throws an Error (ExitCode::kCheckpoint) for a progress that no run of this recipe comes to: a
/// training would never see the end of its epoch.
void require_possible_progress(const TrainingState& state);

/// Without those held out for validation.
std::int64_t training_samples(const TrainingState& state);

}  // namespace tally
