// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "tally/state/run_config.hpp"

// The one table of all fields of a RunConfig. The command line, config.toml, checkpoints, the
// comparison at a resume and the broadcast to other ranks are each a visit of it.
namespace tally {

/// Whether a resumed run may give a field another value than the checkpoint holds.
enum class OnResume { kMustMatch, kMayChange };

struct Field {
  std::string_view name;        ///< "batch-size": --batch-size, batch-size = 128
  std::string_view value_name;  ///< "N", as --help shows it; empty for a switch
  std::string_view help;
  OnResume on_resume = OnResume::kMustMatch;
  double least = 0;  ///< bounds of numbers, both allowed
  double greatest = 0;
};

/// Which layers there are, and how they are written.
std::string_view network_help();

/// Which distortions there are.
std::string_view augment_help();

/// Calls visit(field, value) for every field, in the order in which people read them.
template <typename Config, typename Visit>
void for_each_field(Config& config, Visit&& visit) {
  constexpr auto kMust = OnResume::kMustMatch;
  constexpr auto kMay = OnResume::kMayChange;
  constexpr double kBillion = 1e9;
  visit(Field{"data", "DIR", "directory with the four IDX files, .gz or not", kMay}, config.data);
  visit(Field{"train-limit", "N", "use only the first N training images", kMust, 1, kBillion},
        config.train_limit);
  visit(Field{"validation", "N", "hold N training images out, chosen by the seed", kMust, 0,
              kBillion},
        config.validation);
  visit(Field{"run-dir", "DIR", "where checkpoints, metrics and status go", kMay}, config.run_dir);
  visit(Field{"network", "SPEC", network_help(), kMust}, config.network);
  visit(Field{"initializer", "NAME", "initial weights", kMust}, config.initializer);
  visit(Field{"loss", "NAME", "loss function", kMust}, config.loss);
  visit(Field{"label-smoothing", "X", "share of each label that is spread over all classes", kMust,
              0, 0.9},
        config.label_smoothing);
  visit(Field{"batch-size", "B", "samples per SGD update over all ranks", kMust, 1, 1 << 24},
        config.batch_size);
  visit(Field{"micro-batch", "M", "samples per unit of work and of summation; must divide B", kMust,
              1, 1 << 24},
        config.micro_batch);
  visit(Field{"epochs", "E", "passes over the training images; 0: only the initial state", kMay, 0,
              kBillion},
        config.epochs);
  visit(Field{"max-steps", "N", "stop after N steps, without changing the schedule", kMay, 0,
              kBillion * kBillion},
        config.max_steps);
  visit(Field{"learning-rate", "X", "the peak of the schedule", kMust, 0, kBillion},
        config.learning_rate);
  visit(Field{"momentum", "X", "momentum of SGD", kMust, 0, 1}, config.momentum);
  visit(Field{"nesterov", "", "use Nesterov momentum", kMust}, config.nesterov);
  visit(Field{"weight-decay", "X", "decay of weights", kMust, 0, kBillion}, config.weight_decay);
  visit(Field{"decay", "NAME", "what decays: weights alone, or biases as well", kMust},
        config.decay);
  visit(Field{"schedule", "NAME", "how the learning rate changes", kMust}, config.schedule);
  visit(
      Field{"step-epochs", "N", "epochs between the steps of --schedule step", kMust, 1, kBillion},
      config.step_epochs);
  visit(Field{"step-factor", "X", "factor at each step of --schedule step", kMust, 0, 1},
        config.step_factor);
  visit(Field{"warmup-steps", "N", "steps over which the learning rate rises to the schedule",
              kMust, 0, kBillion},
        config.warmup_steps);
  visit(Field{"augment", "KINDS", augment_help(), kMust}, config.augment);
  visit(Field{"augment-strength", "S",
              "how strong, 0 to 2; by phases of the run: 1@0.6,0.3 is 1 for 60 % of the epochs, "
              "then 0.3",
              kMust, 0, 2},
        config.augment_strength);
  visit(Field{"augment-copies", "C",
              "augmented copies of each image to use over and over, or fresh: one per epoch", kMust,
              1, 10'000},
        config.augment_copies);
  visit(Field{"order", "NAME", "order of the samples in an epoch", kMust}, config.order);
  visit(Field{"seed", "N", "seed of initial weights, shuffling and --validation", kMust, 0,
              static_cast<double>(std::numeric_limits<std::uint64_t>::max())},
        config.seed);
  visit(Field{"checkpoint-every", "N", "interval of checkpoints: 500steps, 1epochs or 5min", kMay,
              1, kBillion},
        config.checkpoint_every);
  visit(Field{"keep", "N", "number of checkpoints to keep; older ones are removed", kMay, 1,
              kBillion},
        config.keep);
  visit(Field{"max-time", "HH:MM:SS",
              "checkpoint and stop after this time; always before a cluster job ends", kMay},
        config.max_time);
  visit(Field{"stall-timeout", "SECONDS", "abort the job if a step takes longer; 0: never", kMay, 0,
              kBillion},
        config.stall_timeout);
  visit(Field{"threads", "T", "OpenMP threads per rank", kMay, 1, 4096}, config.threads);
  visit(Field{"reduction", "NAME", "how to sum gradients over ranks", kMust}, config.reduction);
  visit(Field{"log-every", "N", "steps per row of steps.csv; 0: no such file", kMay, 0, kBillion},
        config.log_every);
  visit(Field{"quiet", "", "print errors only", kMay}, config.quiet);
}

}  // namespace tally
