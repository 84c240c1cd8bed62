// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

#include "tally/parallel/communicator.hpp"
#include "tally/train/stopwatch.hpp"

// What --profile says of a training: where the time of its ranks went, and how near to the limit of
// the arithmetic units that is.
namespace tally {

struct ActivityFigures {
  double minimum = 0;  ///< seconds, over ranks
  double mean = 0;
  double maximum = 0;
};

struct Profile {
  int ranks = 1;
  int threads = 1;  ///< of rank 0
  std::int64_t workers = 1;
  std::int64_t batch_size = 0;
  std::int64_t micro_batch = 0;
  std::string network;
  std::string kernels;
  std::int64_t samples = 0;
  std::int64_t steps = 0;
  double wall_seconds = 0;
  std::int64_t operations_per_sample = 0;
  double peak_gflops = 0;         ///< of one core, see peak_rate.hpp
  double first_step_seconds = 0;  ///< from the start of the process to the end of its first step
  std::int64_t evaluated_images = 0;
  std::array<ActivityFigures, kActivityNames.size()> activities;

  [[nodiscard]] double seconds_of(Activity activity) const {
    return activities[static_cast<std::size_t>(activity)].mean;
  }
  /// Without evaluation and checkpoints.
  [[nodiscard]] double train_seconds() const {
    return wall_seconds - seconds_of(Activity::kEvaluate) - seconds_of(Activity::kSave);
  }
  [[nodiscard]] double samples_per_second() const;
  [[nodiscard]] double gflops() const;
  [[nodiscard]] double share_of_peak() const;  ///< of all workers' peaks together
};

/// Collective: every rank must call.
std::array<ActivityFigures, kActivityNames.size()> figures_over_ranks(
    const Communicator& communicator, const ActivitySeconds& own);

std::string to_table(const Profile& profile);
std::string to_json(const Profile& profile);

}  // namespace tally
