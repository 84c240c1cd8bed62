// SPDX-License-Identifier: MIT
#include "tally/augment/augmentation.hpp"

namespace tally {

std::size_t StrengthPhases::phase_at(std::int64_t epoch, std::int64_t epochs) const {
  const double middle = static_cast<double>(epoch) + 0.5;
  std::size_t phase = 0;
  while (phase + 1 < phases.size() && middle >= phases[phase].end * static_cast<double>(epochs)) {
    ++phase;
  }
  return phase;
}

std::int64_t StrengthPhases::first_epoch(std::size_t phase, std::int64_t epochs) const {
  std::int64_t epoch = 0;
  while (epoch < epochs && phase_at(epoch, epochs) < phase) ++epoch;
  return epoch;
}

}  // namespace tally
