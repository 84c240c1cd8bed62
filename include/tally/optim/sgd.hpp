// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "tally/core/real.hpp"
#include "tally/optim/decay_kind.hpp"

namespace tally {

/// Stochastic gradient descent as PyTorch's torch.optim.SGD computes it (dampening 0):
///   g = gradient + weight_decay * w
///   v = momentum * v + g
///   w = w - learning_rate * (nesterov ? g + momentum * v : v)
/// Without momentum there is no velocity, and v stays as it is. Where parameters have roles, what
/// does not decay is updated with a weight_decay of 0.
struct Sgd {
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  DecayKind decay = DecayKind::kWeights;
};

/// The gradient of one step: a sum over samples, and what makes it their mean.
struct GradientSum {
  std::span<const Real> sum;
  std::int64_t samples = 0;
};

/// Updates elements of the flat vectors. Each element depends on itself alone, so that the vectors
/// may be updated in any slices.
void update(const Sgd& sgd, double learning_rate, const GradientSum& gradient,
            std::span<Real> velocity, std::span<Real> parameters);

/// Moves statistics of the data, which are not learned, by a share of the way towards what was
/// measured in a step: s = s + share * (sum / samples - s).
void update_statistic(double share, const GradientSum& measured, std::span<Real> statistics);

}  // namespace tally
