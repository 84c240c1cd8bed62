// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tally {

/// What makes a trained network's probabilities mean what they say. It is no part of the training:
/// a run that goes on needs another one.
struct Calibration {
  double temperature = 1;   ///< probabilities are softmax(outputs / temperature)
  std::int64_t images = 0;  ///< validation images that it was fitted on
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

}  // namespace tally
