// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tally/augment/augmentation.hpp"
#include "tally/core/reduction_kind.hpp"
#include "tally/core/sample_order.hpp"
#include "tally/nn/initializer.hpp"
#include "tally/nn/loss_kind.hpp"
#include "tally/optim/decay_kind.hpp"
#include "tally/optim/learning_rate.hpp"

// Everything a run was asked to do, as plain values. The defaults here are the default recipe. The
// table in config_fields.hpp gives each field its name on the command line, in config.toml and in
// checkpoints; batch size, learning rate and schedule never change meaning with the number of
// ranks.
namespace tally {

/// A count that is chosen by the program while `value` is 0.
struct AutoCount {
  std::int64_t value = 0;
  friend bool operator==(const AutoCount&, const AutoCount&) = default;
};

/// A limit that may be absent.
using Limit = std::optional<std::int64_t>;

/// A length of time that may be absent, in whole seconds.
struct TimeLimit {
  std::optional<std::int64_t> seconds;
  friend bool operator==(const TimeLimit&, const TimeLimit&) = default;
};

/// How often a checkpoint is written. Less work is lost to a kill if it is shorter; a checkpoint
/// of the default network takes a few milliseconds of rank 0.
struct CheckpointInterval {
  enum class Unit { kSteps, kEpochs, kMinutes };
  std::int64_t count = 1;
  Unit unit = Unit::kEpochs;
  friend bool operator==(const CheckpointInterval&, const CheckpointInterval&) = default;
};

struct RunConfig {
  // The data.
  std::string data;  ///< directory; empty: the first default directory that exists
  Limit train_limit;
  std::int64_t validation = 0;

  // The model.
  std::string network = "dense:100,tanh,dense:50,tanh,dense:10";
  Initializer initializer = Initializer::kGlorot;
  LossKind loss = LossKind::kSoftmaxCrossEntropy;
  double label_smoothing = 0;

  // The recipe. A smaller micro-batch makes more units to share among workers, and slower products.
  std::int64_t batch_size = 128;
  AutoCount micro_batch;  ///< auto: the largest divisor up to an eighth, within 32..128
  std::int64_t epochs = 20;
  Limit max_steps;
  double learning_rate = 0.2;
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 3e-4;
  DecayKind decay = DecayKind::kWeights;
  ScheduleKind schedule = ScheduleKind::kOneCycle;
  std::int64_t step_epochs = 10;
  double step_factor = 0.1;
  std::int64_t warmup_steps = 0;
  Distortions augment;  ///< of training images; none
  StrengthPhases augment_strength;
  CopyCount augment_copies;
  SampleOrder order = SampleOrder::kShuffled;
  std::uint64_t seed = 1;

  // The execution: how, where and how long, without influence on the numbers (but for reduction).
  std::string run_dir;  ///< empty: runs/<date-time>
  CheckpointInterval checkpoint_every;
  std::int64_t keep = 3;
  TimeLimit max_time;
  std::int64_t stall_timeout = 60;  ///< seconds without a step before the watchdog ends the job
  AutoCount threads;                ///< per rank
  ReductionKind reduction = ReductionKind::kTree;
  std::int64_t log_every = 0;  ///< steps per row of steps.csv; 0: none
  bool quiet = false;
};

/// Fills in what can be derived (micro_batch) and refuses what contradicts itself. Throws an Error.
void resolve(RunConfig& config);

}  // namespace tally
