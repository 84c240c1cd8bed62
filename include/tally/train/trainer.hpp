// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tally/core/thread_team.hpp"
#include "tally/data/shard_store.hpp"
#include "tally/nn/loss.hpp"
#include "tally/nn/network.hpp"
#include "tally/optim/learning_rate.hpp"
#include "tally/optim/sgd.hpp"
#include "tally/parallel/gradient_reducer.hpp"
#include "tally/state/training_state.hpp"
#include "tally/train/heartbeat.hpp"

// One step of synchronous data-parallel SGD. Every rank holds the same parameters and velocity,
// makes the gradients of its own micro-batches, and applies the same sum of all of them.
namespace tally {

/// What a trainer works with. All of it must outlive the trainer.
struct TrainerParts {
  const Communicator& communicator;
  const ThreadTeam& team;
  const Network& network;
  const Loss& loss;
  const ShardPlan& plan;
  ShardStore& samples;
  Heartbeat& heartbeat;
};

/// How a trainer updates.
struct TrainerOptions {
  Sgd sgd;
  Schedule schedule;
  ReductionKind reduction = ReductionKind::kTree;
};

struct StepResult {
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  double loss_sum = 0;  ///< over the samples
  double learning_rate = 0;
  std::uint32_t flags = 0;  ///< of all ranks, see step_flags.hpp
};

/// A sample that a leaf was made of.
struct UsedSample {
  std::int64_t shard = 0;
  std::int64_t id = 0;
};

class LeafWorker;

class Trainer {
 public:
  Trainer(const TrainerParts& parts, const TrainerOptions& options);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Takes the step that `state` is at and moves its parameters, velocity and progress on to the
  /// next; the caller closes epochs. Throws an AgreedError if a rank failed or a gradient is not
  /// finite; the state is then that before the step. Collective: every rank must call, with the
  /// same state; only `flags` may differ.
  StepResult step(TrainingState& state, std::uint32_t flags);

  /// What this rank made its leaves of in the last step, in the order of summation.
  [[nodiscard]] std::vector<UsedSample> used_samples() const;

 private:
  void open_step(const Progress& progress);
  void compute_leaves(const AlignedVector& parameters);
  ReducedStep sum_over_ranks(std::uint32_t flags);
  void require_finite(const ReducedStep& sum, const AlignedVector& parameters);
  void update_parameters(const ReducedStep& sum, TrainingState& state);
  StepResult close_step(const ReducedStep& sum, Progress& progress);

  void compute_thread_leaves(int thread, const AlignedVector& parameters);
  [[nodiscard]] std::vector<std::int64_t> samples_without_finite_loss(
      const AlignedVector& parameters);

  TrainerParts parts_;
  TrainerOptions options_;
  LeafSums sums_;
  std::unique_ptr<GradientReducer> reducer_;
  std::vector<std::unique_ptr<LeafWorker>> workers_;  // one per thread

  // The open step.
  std::int64_t open_epoch_ = -1;
  std::int64_t epoch_step_ = 0;
  std::int64_t step_samples_ = 0;
  double learning_rate_ = 0;
  std::optional<Error> leaf_error_;
};

}  // namespace tally
