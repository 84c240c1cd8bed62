// SPDX-License-Identifier: MIT
#include "tally/optim/sgd.hpp"

#include <algorithm>
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

void ElementUpdates::add(const Run& run) {
  const bool is_alike = !runs_.empty() && runs_.back().is_learned == run.is_learned &&
                        runs_.back().share == run.share && runs_.back().sgd == run.sgd;
  if (is_alike) {
    runs_.back().end = run.end;
  } else {
    runs_.push_back(run);
  }
}

void ElementUpdates::apply(Range block, const GradientSum& sum, double learning_rate,
                           Real* velocity, Real* parameters) const {
  auto run = std::ranges::upper_bound(runs_, block.begin, {}, &Run::end);
  for (std::int64_t begin = block.begin; begin < block.end; begin = run++->end) {
    const std::size_t size = std::min(run->end, block.end) - begin;
    const GradientSum part{sum.sum.subspan(begin - block.begin, size), sum.samples};
    if (run->is_learned) {
      update(run->sgd, learning_rate, part, {velocity + begin, size}, {parameters + begin, size});
    } else {
      update_statistic(run->share, part, {parameters + begin, size});
    }
  }
}

}  // namespace tally
