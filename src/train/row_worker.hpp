// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "row_update.hpp"
#include "tally/data/shard_plan.hpp"
#include "tally/data/shard_store.hpp"
#include "tally/train/trainer.hpp"

// Private to layer train: the worker that takes a whole step alone, row by row, on the samples of
// the plan's one shard.
namespace tally {

class RowWorker {
 public:
  RowWorker(const Network& network, const Loss& loss, const Sgd& sgd, const ShardPlan& plan,
            const ShardStore& samples);

  /// Takes step `epoch_step` of the open epoch on the flat vectors. Images of the next one are
  /// fetched on the way.
  RowUpdate::Result take(std::int64_t epoch_step, double learning_rate, Real* parameters,
                         Real* velocity);

  /// The samples of the last step, and their losses.
  [[nodiscard]] std::span<const UsedSample> used_samples() const { return used_; }
  [[nodiscard]] std::span<const double> losses() const { return step_.losses(); }

 private:
  const ShardPlan& plan_;
  const ShardStore& samples_;
  RowUpdate step_;
  std::vector<StoredSample> rows_;
  std::vector<UsedSample> used_;
};

}  // namespace tally
