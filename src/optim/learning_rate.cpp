// SPDX-License-Identifier: MIT
#include "tally/optim/learning_rate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tally {
namespace {

constexpr double kRiseFraction = 0.3;
constexpr double kStartDivisor = 25;
constexpr double kEndDivisor = kStartDivisor * 1e4;

// A half cosine from `from` at 0 to `to` at 1.
double half_cosine(double from, double to, double at) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * at)) / 2;
}

double one_cycle(double peak, double at) {
  if (at < kRiseFraction) return half_cosine(peak / kStartDivisor, peak, at / kRiseFraction);
  return half_cosine(peak, peak / kEndDivisor, (at - kRiseFraction) / (1 - kRiseFraction));
}

double fraction(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 1 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

double LearningRateSchedule::at(std::int64_t samples_seen) const {
  const double warm_up = fraction(samples_seen + batch_size, warmup_samples);
  const double position = fraction(samples_seen, total_samples);
  switch (kind) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kStep:
      return warm_up * peak *
             std::pow(step_factor, static_cast<double>(samples_seen / step_samples));
    case ScheduleKind::kCosine:
      return warm_up * half_cosine(peak, 0, position);
    case ScheduleKind::kOneCycle:
      return warm_up * one_cycle(peak, position);
  }
  return warm_up * peak;
}

bool depends_on_length(ScheduleKind kind) {
  return kind == ScheduleKind::kCosine || kind == ScheduleKind::kOneCycle;
}

}  // namespace tally
