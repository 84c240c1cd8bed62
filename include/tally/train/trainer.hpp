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
#include "tally/parallel/gradient_tree.hpp"
#include "tally/state/training_state.hpp"
#include "tally/train/heartbeat.hpp"
#include "tally/train/stopwatch.hpp"

// One step of synchronous data-parallel SGD. Every worker (a thread of a rank) makes the gradients
// of its own micro-batches from the same parameters. A node holds parameters and velocity once, in
// memory that its workers share: each of them sums one slice of all gradients and updates that
// slice.
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

/// How a trainer computes and updates.
struct TrainerOptions {
  Sgd sgd;
  Schedule schedule;
  ReductionKind reduction = ReductionKind::kTree;
  Kernels kernels = chosen_kernels();
  bool may_use_rows = true;  ///< see takes_row_steps(); without, to compare
};

/// Whether steps of this recipe are taken row by row, without matrix products (row_update.hpp):
/// those on very few samples, in one micro-batch, through dense layers. Depends on nothing else.
bool takes_row_steps(const Network& network, const Sgd& sgd, const ShardPlan& plan);

/// What checkpoints record as the kernel backend of such a run.
inline constexpr std::string_view kRowBackend = "rows";

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
class NodeState;
class RowWorker;
struct MicroBatch;

class Trainer {
 public:
  /// Takes parameters and velocity from `state`. Throws an AgreedError without memory for them.
  /// Collective: every rank must call.
  Trainer(const TrainerParts& parts, const TrainerOptions& options, const TrainingState& state);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Takes the step that `progress` is at and moves it on to the next; the caller closes epochs.
  /// Throws an AgreedError if a rank failed or a gradient is not finite: progress is then that
  /// before the step, and the parameters are good for nothing. Collective: every rank must call,
  /// with the same progress; only `flags` may differ.
  StepResult step(Progress& progress, std::uint32_t flags);

  /// Brings parameters and velocity to all nodes, where steps leave them on one of them. To be
  /// called before they are used. Collective: every rank must call.
  void synchronize();

  /// Throws an AgreedError that names the layer if parameters or velocity are not finite, and one
  /// that names the ranks if they have other bits on one node than on another. To be called after
  /// synchronize(), before they are saved. Collective: every rank must call.
  void require_sound_state() const;

  /// Without guards a step takes no notice of where it is and of numbers that are not finite: only
  /// to measure what they cost.
  void set_guarded(bool is_guarded) { is_guarded_ = is_guarded; }

  /// Lets an injected fault of that phase spoil a parameter.
  void spoil(Phase phase);

  /// Flat vectors of the network's layout, the same on all ranks after synchronize().
  [[nodiscard]] std::span<const Real> parameters() const;
  [[nodiscard]] std::span<const Real> velocity() const;
  /// Copies them to `state`.
  void store(TrainingState& state) const;

  /// Behind the numbers, for checkpoints.
  [[nodiscard]] std::string backend() const;

  /// What this rank made its leaves of in the last step, in the order of summation.
  [[nodiscard]] std::vector<UsedSample> used_samples() const;

  /// Of this rank's main thread.
  Stopwatch& stopwatch();

 private:
  template <typename Work>
  void run_team(Work&& work);
  void enter(int thread, Phase phase);
  void open_step(const Progress& progress);
  void compute_leaves(int thread);
  void sum_gradients(int thread, std::uint32_t flags);
  void update_parameters(int thread);
  void take_row_step(int thread, std::uint32_t flags);
  void update_by_rows(int thread);
  void share_row_step();
  [[nodiscard]] int node_of_samples() const;
  StepResult close_step(Progress& progress);

  [[nodiscard]] MicroBatch micro_batch(std::int64_t epoch_step, std::int64_t shard) const;
  void update_block(Range block, const float* sum) const;
  void require_all_succeeded();
  void require_finite() const;
  [[nodiscard]] std::size_t first_bad_element() const;
  struct WorkDone {
    std::span<const UsedSample> samples;
    std::span<const double> losses;
  };
  [[nodiscard]] std::vector<WorkDone> work_done() const;

  [[nodiscard]] LeafWorker& worker(int thread) const {
    return *workers_[static_cast<std::size_t>(thread)];
  }

  TrainerParts parts_;
  TrainerOptions options_;
  Node node_;
  std::unique_ptr<NodeState> state_;
  std::vector<std::unique_ptr<LeafWorker>> workers_;  // one per thread
  std::unique_ptr<GradientTree> tree_;
  std::unique_ptr<RowWorker> row_worker_;  // instead of leaves, or null
  bool is_guarded_ = true;

  // The open step.
  std::int64_t open_epoch_ = -1;
  std::int64_t epoch_step_ = 0;
  std::int64_t step_samples_ = 0;
  double learning_rate_ = 0;
  std::uint32_t flags_ = 0;                        // of all workers
  std::vector<std::optional<Error>> leaf_errors_;  // one per thread
  std::vector<Phase> phases_;                      // one per thread: what it is at
};

}  // namespace tally
