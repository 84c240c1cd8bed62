// SPDX-License-Identifier: MIT
#pragma once

#include "tally/image/grey_image.hpp"
#include "tally/nn/network.hpp"
#include "tally/state/calibration.hpp"

namespace tally {

/// Tells digits from other drawings. For one thread.
class DigitTest {
 public:
  /// `others` must outlive this.
  explicit DigitTest(const OthersNetwork& others);

  /// That `digit` (28 x 28) is one at all.
  [[nodiscard]] double probability(const GreyImage& digit);

 private:
  const OthersNetwork& others_;
  Network network_;
  NetworkWorkspace workspace_;
};

}  // namespace tally
