// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tally/core/aligned_vector.hpp"
#include "tally/nn/parameters.hpp"
#include "tally/nn/shape.hpp"

namespace tally {

/// A network that tells digits from other drawings by their edge directions, trained by itself. Its
/// last class is what is no digit.
struct OutlierNetwork {
  std::string spec;  ///< as in layer_spec.hpp
  Shape input;       ///< up to 65,536 numbers; who asks verifies that they are edge directions
  AlignedVector parameters;  ///< as parameter_layout() has them
  friend bool operator==(const OutlierNetwork&, const OutlierNetwork&) = default;
};

/// How `parameters` are laid out. Throws an Error if `spec` and `inputs` are no network.
ParameterLayout parameter_layout(const OutlierNetwork& outliers);

/// What makes a trained network's probabilities mean what they say. It is no part of the training:
/// a run that goes on needs another one.
struct Calibration {
  double temperature = 1;   ///< probabilities are softmax(outputs / temperature)
  std::int64_t images = 0;  ///< validation images that it was fitted on
  std::optional<OutlierNetwork> outliers;
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

}  // namespace tally
