// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "tally/data/shard_store.hpp"
#include "tally/nn/loss.hpp"
#include "tally/nn/workspace.hpp"
#include "tally/parallel/leaf_sums.hpp"
#include "tally/train/stopwatch.hpp"
#include "tally/train/trainer.hpp"

// Private to layer train: what one thread needs to turn a micro-batch into a leaf of the sum.
namespace tally {

/// Behind the gradient a leaf carries its loss and its count of correct answers, so that they are
/// summed in the same order and by the same messages. Counts below 2^24 are exact in a float.
inline constexpr std::size_t kLeafTail = kAlignmentElements;
inline constexpr std::size_t kLossElement = 0;
inline constexpr std::size_t kCorrectElement = 1;
inline constexpr std::size_t kFailedElement = 2;  ///< of a row step: not 0 if it failed

/// The rows of one logical shard that a step uses.
struct MicroBatch {
  std::int64_t shard = 0;
  Range rows;
};

class LeafWorker {
 public:
  LeafWorker(const Network& network, const Loss& loss, const ShardStore& samples,
             std::int64_t micro_batch, Kernels kernels);

  void begin_step();

  /// Forward, loss and backward. Writes the gradient, summed over the samples, and the tail to
  /// `leaf`, or adds them. Images of `next`, which is computed next, are fetched on the way.
  void compute(const Real* parameters, const MicroBatch& batch, const MicroBatch& next,
               const LeafPlace& leaf);

  /// The samples of all leaves since begin_step(), and their losses.
  [[nodiscard]] const std::vector<UsedSample>& used_samples() const { return used_; }
  [[nodiscard]] std::span<const double> losses() const { return losses_; }

  Stopwatch& stopwatch() { return stopwatch_; }
  TrainingWorkspace& workspace() { return workspace_; }

 private:
  void load(const MicroBatch& batch, const MicroBatch& next);

  const Network& network_;
  const Loss& loss_;
  const ShardStore& samples_;
  TrainingWorkspace workspace_;
  std::vector<std::uint8_t> labels_;
  std::vector<UsedSample> used_;
  std::vector<double> losses_;
  Stopwatch stopwatch_;
};

}  // namespace tally
