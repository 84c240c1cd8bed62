// SPDX-License-Identifier: MIT
#include "tally/optim/sgd.hpp"

#include <cassert>
#include <cstddef>

namespace tally {
namespace {

// Calls apply(element, g) with g = the mean gradient plus decay, for each element.
template <typename Apply>
void for_each_gradient(const Sgd& sgd, const GradientSum& gradient,
                       std::span<const Real> parameters, Apply&& apply) {
  const Real scale = Real{1} / static_cast<Real>(gradient.samples);
  const auto decay = static_cast<Real>(sgd.weight_decay);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    apply(i, gradient.sum[i] * scale + decay * parameters[i]);
  }
}

}  // namespace

void update(const Sgd& sgd, double learning_rate, const GradientSum& gradient,
            std::span<Real> velocity, std::span<Real> parameters) {
  assert(gradient.sum.size() == parameters.size() && velocity.size() == parameters.size());
  const auto rate = static_cast<Real>(learning_rate);
  const auto momentum = static_cast<Real>(sgd.momentum);
  if (sgd.momentum == 0) {
    for_each_gradient(sgd, gradient, parameters,
                      [=](std::size_t i, Real g) { parameters[i] -= rate * g; });
  } else if (sgd.nesterov) {
    for_each_gradient(sgd, gradient, parameters, [=](std::size_t i, Real g) {
      velocity[i] = momentum * velocity[i] + g;
      parameters[i] -= rate * (g + momentum * velocity[i]);
    });
  } else {
    for_each_gradient(sgd, gradient, parameters, [=](std::size_t i, Real g) {
      velocity[i] = momentum * velocity[i] + g;
      parameters[i] -= rate * velocity[i];
    });
  }
}

void update_statistic(double share, const GradientSum& measured, std::span<Real> statistics) {
  const auto step = static_cast<Real>(share);
  const Real scale = Real{1} / static_cast<Real>(measured.samples);
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    statistics[i] += step * (measured.sum[i] * scale - statistics[i]);
  }
}

}  // namespace tally
