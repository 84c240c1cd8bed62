// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "micro_batch_loader.hpp"
#include "tally/nn/workspace.hpp"
#include "tally/parallel/leaf_sums.hpp"
#include "tally/train/stopwatch.hpp"
#include "tally/train/trainer.hpp"

// Private to layer train: what one thread needs to turn a micro-batch into a leaf of the sum.
namespace tally {

class LeafWorker {
 public:
  LeafWorker(const TrainerParts& parts, Kernels kernels, Stopwatch& stopwatch);

  void begin_step(std::int64_t epoch);

  /// Forward, loss and backward. Writes the gradient, summed over the samples, and the tail to
  /// `leaf`, or adds them. Images of `next`, which is computed next, are fetched on the way.
  void compute(const Real* parameters, const MicroBatch& batch, const MicroBatch& next,
               const LeafPlace& leaf);

  /// The samples of all leaves since begin_step(), and their losses.
  [[nodiscard]] std::span<const UsedSample> used_samples() const { return loader_.used_samples(); }
  [[nodiscard]] std::span<const double> losses() const { return losses_; }

  [[nodiscard]] Gemm& gemm() { return workspace_.gemm(); }

 private:
  const Network& network_;
  const Loss& loss_;
  MicroBatchLoader loader_;
  TrainingWorkspace workspace_;
  std::vector<double> losses_;
  Stopwatch& stopwatch_;
};

}  // namespace tally
