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
#include "tally/parallel/host.hpp"
#include "tally/state/training_state.hpp"
#include "tally/train/heartbeat.hpp"
#include "tally/train/sample_copies.hpp"
#include "tally/train/stopwatch.hpp"
#include "tally/train/used_sample.hpp"

// One step of synchronous data-parallel SGD. A host holds parameters and velocity once, in memory
// that its workers (the threads of its ranks) share. How a batch becomes an update is the business
// of a BatchStep; the trainer opens the step, runs the team through it, refuses what failed, and
// closes it.
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
  SampleCopies* copies = nullptr;  ///< of the samples, to train on; null: the samples themselves
};

/// How a trainer computes and updates.
struct TrainerOptions {
  Sgd sgd;
  LearningRateSchedule schedule;
  ReductionKind reduction = ReductionKind::kTree;
  Kernels kernels = chosen_kernels();
};

/// Whether steps of this recipe are taken row by row, without GEMM (small_batch_step.hpp): those on
/// very few samples, in one micro-batch, through dense layers. Depends on nothing else.
bool takes_small_batch_steps(const Network& network, const Sgd& sgd, const ShardPlan& plan);

/// What checkpoints record as the kernel backend of such a run.
inline constexpr std::string_view kRowBackend = "rows";

struct StepResult {
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  double loss_sum = 0;  ///< over the samples
  double learning_rate = 0;
  std::uint32_t flags = 0;  ///< of all ranks, see step_flags.hpp
};

class BatchStep;
class HostState;
struct StepContext;

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
  /// before the step, and the parameters are invalid. Collective: every rank must call,
  /// with the same progress; only `flags` may differ.
  StepResult step(Progress& progress, std::uint32_t flags);

  /// Brings parameters and velocity to all hosts, where steps leave them on one of them. To be
  /// called before they are used. Collective: every rank must call.
  void synchronize();

  /// Throws an AgreedError that names the layer if parameters or velocity are not finite, and one
  /// that names the ranks if they have other bits on one host than on another. To be called after
  /// synchronize(), before they are saved. Collective: every rank must call.
  void require_sound_state() const;

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
  void open_step(const Progress& progress);
  template <typename Work>
  void run_team(Work&& work);
  void require_all_succeeded();
  void require_finite() const;
  StepResult close_step(Progress& progress);

  Host host_;
  std::unique_ptr<HostState> state_;
  std::unique_ptr<StepContext> context_;
  std::unique_ptr<BatchStep> step_;
  std::uint32_t flags_ = 0;  // of all workers, of the last step
};

}  // namespace tally
