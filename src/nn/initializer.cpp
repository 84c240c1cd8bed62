// SPDX-License-Identifier: MIT
#include "tally/nn/initializer.hpp"

#include <algorithm>
#include <cmath>

namespace tally {
namespace {

void fill_uniform(std::span<Real> values, double limit, RandomStream& stream) {
  for (Real& value : values) value = static_cast<Real>(limit * (2 * stream.uniform() - 1));
}

double weight_limit(Initializer initializer, Index inputs, Index outputs) {
  switch (initializer) {
    case Initializer::kGlorot:
      return std::sqrt(6.0 / static_cast<double>(inputs + outputs));
    case Initializer::kHe:
      return std::sqrt(6.0 / static_cast<double>(inputs));
    case Initializer::kUniform:
      break;
  }
  return 0.5;
}

}  // namespace

void initialize(Initializer initializer, Index inputs, Index outputs, std::span<Real> weights,
                std::span<Real> biases, RandomStream& stream) {
  fill_uniform(weights, weight_limit(initializer, inputs, outputs), stream);
  if (initializer == Initializer::kUniform) {
    fill_uniform(biases, 0.5, stream);
  } else {
    std::fill(biases.begin(), biases.end(), Real{0});
  }
}

}  // namespace tally
