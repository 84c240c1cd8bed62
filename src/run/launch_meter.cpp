// SPDX-License-Identifier: MIT
#include "tally/run/launch_meter.hpp"

namespace tally {

void LaunchMeter::start() {
  start_ = Clock::now();
}

void LaunchMeter::add_step(std::int64_t samples, double seconds) {
  if (steps_++ == 0) first_step_seconds_ = seconds_since_process_start();
  samples_ += samples;
  step_seconds_ += seconds;
  recent_samples_ += samples;
  recent_seconds_ += seconds;
}

double LaunchMeter::speed() const {
  return step_seconds_ > 0 ? static_cast<double>(samples_) / step_seconds_ : 0;
}

double LaunchMeter::take_speed() {
  const double speed =
      recent_seconds_ > 0 ? static_cast<double>(recent_samples_) / recent_seconds_ : 0;
  recent_samples_ = 0;
  recent_seconds_ = 0;
  return speed;
}

void LaunchMeter::fill(Profile& profile) const {
  profile.wall_seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  profile.steps = steps_;
  profile.samples = samples_;
  profile.evaluated_images = evaluated_images_;
  profile.first_step_seconds = first_step_seconds_;
}

}  // namespace tally
