// SPDX-License-Identifier: MIT
#pragma once

#include "batch_step.hpp"
#include "micro_batch_loader.hpp"
#include "tally/optim/sgd.hpp"
#include "tally/parallel/gradient_tree.hpp"

// Private to layer train.
namespace tally {

/// The elements of a leaf: the gradient, behind it the tail.
std::size_t leaf_size(const Network& network);

/// A step by leaves: every worker makes the gradients of its own micro-batches, all are summed
/// along the tree, and each worker sums and updates one slice of the vectors. Three verbs, and no
/// worker writes what another one reads between two waits of the host.
class TreeStep : public BatchStep {
 public:
  /// The host must have allocated the vectors that `plans` count, behind those of the state.
  TreeStep(StepContext& context, GradientPlans plans);
  ~TreeStep() override;

  void begin() override;
  std::uint32_t take(int thread, std::uint32_t flags) override;
  [[nodiscard]] std::vector<Work> work() const override;
  [[nodiscard]] std::string backend() const override;

 private:
  class Worker;

  void compute_leaves(int thread);
  std::uint32_t sum_gradients(int thread, std::uint32_t flags);
  void update_slice(int thread);
  void update_block(Range block, const float* sum) const;
  [[nodiscard]] MicroBatch micro_batch(std::int64_t epoch_step, std::int64_t shard) const;
  [[nodiscard]] bool adds_in_place();
  [[nodiscard]] Worker& worker(int thread) { return *workers_[thread]; }

  StepContext& context_;
  ElementUpdates updates_;
  std::vector<std::unique_ptr<Worker>> workers_;  // one per thread
  std::unique_ptr<GradientTree> tree_;
};

}  // namespace tally
