// SPDX-License-Identifier: MIT
#include "tally/run/launch_meter.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

#include "tally/core/text.hpp"

namespace tally {
namespace {

// Since this process was started, within 0.01 s. Field 22 of /proc/self/stat: when that was, in clock
// ticks since the machine was.
double seconds_since_process_start() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 2, text.size())));
  std::string field;
  for (int number = 3; number <= 22 && (fields >> field); ++number) continue;
  std::int64_t ticks = 0;
  timespec now{};
  if (!parse_number(field, ticks) || clock_gettime(CLOCK_BOOTTIME, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 -
         static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

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
