// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tally/state/calibration.hpp"
#include "tally/state/training_state.hpp"

// Models whose answers are known: all weights are 0, so the outputs of the last layer are its
// biases whatever the image is.
namespace tally {

/// Of three classes with probabilities of 1, 4 and 9 of 14: softmax of the logarithms of numbers is
/// these numbers, over their sum.
inline const std::vector<Real> kOutputs = {std::log(1.0F), std::log(4.0F), std::log(9.0F)};

/// Of images of `rows` x `columns`, and of as many classes as there are outputs.
inline TrainingState state_with_outputs(const std::vector<Real>& outputs, std::int64_t rows = 28,
                                        std::int64_t columns = 28) {
  TrainingState state;
  state.config.network = "dense:" + std::to_string(outputs.size());
  state.data.rows = rows;
  state.data.columns = columns;
  state.layout = parameter_layout(state.config, state.data);
  state.parameters.assign(state.layout.size(), 0);
  state.velocity.assign(state.layout.size(), 0);
  state.layout.block("0-dense", Role::kBias).put(outputs, state.parameters);
  return state;
}

inline OutlierNetwork outliers_with_outputs(const std::vector<Real>& outputs, std::int64_t inputs) {
  OutlierNetwork outliers{"dense:" + std::to_string(outputs.size()), flat(inputs), {}};
  const ParameterLayout layout = parameter_layout(outliers);
  outliers.parameters.assign(layout.size(), 0);
  layout.block("0-dense", Role::kBias).put(outputs, outliers.parameters);
  return outliers;
}

}  // namespace tally
