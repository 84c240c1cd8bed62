// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/image/edge_directions.hpp"
#include "tally/nn/workspace.hpp"
#include "tally/state/calibration.hpp"

namespace tally {

/// Whether `network` takes edge directions and has one class more than there are of digits.
inline bool tells_digits(const Network& network, Index classes) {
  return network.inputs() == kEdgeValues && network.outputs() == classes + 1;
}

/// Tells digits from other drawings. For one thread.
class DigitCheck {
 public:
  /// Throws an Error (ExitCode::kCheckpoint) unless `outliers`, which must outlive this, tells
  /// digits of so many classes from the rest; `name` is the model.
  DigitCheck(const OutlierNetwork& outliers, Index classes, const std::string& name);

  /// That `digit` (28 x 28) is one at all, 0 to 1: of the softmax of the outputs, what the last one
  /// leaves to the others.
  [[nodiscard]] double probability(const GreyImage& digit);

 private:
  const OutlierNetwork& outliers_;
  Network network_;
  ForwardWorkspace workspace_;
};

}  // namespace tally
