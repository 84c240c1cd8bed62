// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

#include "tally/run/profile.hpp"

namespace tally {

/// Counts what one launch of a run does, for the speed in its report and for --profile.
class LaunchMeter {
 public:
  /// Before the first step.
  void start();
  void add_step(std::int64_t samples, double seconds);
  void add_evaluated(std::int64_t images) { evaluated_images_ += images; }

  /// Samples per second of steps.
  [[nodiscard]] double speed() const;

  /// The same, since this was last asked.
  double take_speed();

  /// Sets what is counted here; the rest of `profile` stays.
  void fill(Profile& profile) const;

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_;
  std::int64_t steps_ = 0;
  std::int64_t samples_ = 0;
  std::int64_t evaluated_images_ = 0;
  double step_seconds_ = 0;
  double first_step_seconds_ = 0;
  std::int64_t recent_samples_ = 0;
  double recent_seconds_ = 0;
};

}  // namespace tally
