// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

#include "layer_run.hpp"

// A convolution, its activation and its max pool written out, in double.
namespace tally {

struct ConvolutionReference {
  std::vector<double> outputs, grad_inputs, grad_weights, grad_biases;
};

inline double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::kRelu:
      return std::max(x, 0.0);
    default:
      return x;
  }
}

inline double slope(Activation activation, double x) {
  const double y = activated(activation, x);
  switch (activation) {
    case Activation::kTanh:
      return 1 - y * y;
    case Activation::kSigmoid:
      return y * (1 - y);
    case Activation::kRelu:
      return x > 0 ? 1 : 0;
    default:
      return 1;
  }
}

/// Of what `run` holds.
inline ConvolutionReference convolution_reference(LayerRun& run) {
  const auto& spec = std::get<ConvolutionSpec>(run.spec().kind);
  const Shape in = run.spec().input;
  const ConvolutionShape shape = spec.shape(in);
  const auto at = [](Index i) { return static_cast<std::size_t>(i); };
  const std::span<const Real> parameters(run.parameters());
  const std::vector<Real> weights = run.layout().blocks()[0].values(parameters);
  const std::vector<Real> biases = run.layout().blocks()[1].values(parameters);
  const Index rows = static_cast<Index>(run.inputs().size()) / in.size();

  ConvolutionReference result;
  result.outputs.assign(run.grad_outputs().size(), 0);
  result.grad_inputs.assign(run.inputs().size(), 0);
  result.grad_weights.assign(weights.size(), 0);
  result.grad_biases.assign(biases.size(), 0);

  // work(input, weight) for each pair that is multiplied for a sum.
  const auto for_each_tap = [&](Index n, Index y, Index x, Index filter, const auto& work) {
    for (Index i = 0; i < spec.kernel_height; ++i) {
      for (Index j = 0; j < spec.kernel_width; ++j) {
        const Index row = y * spec.stride + i - spec.padding;
        const Index column = x * spec.stride + j - spec.padding;
        if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
        for (Index c = 0; c < in.channels; ++c) {
          work(at(((n * in.height + row) * in.width + column) * in.channels + c),
               at(((i * spec.kernel_width + j) * in.channels + c) * spec.filters + filter));
        }
      }
    }
  };
  std::size_t output = 0;
  for (Index n = 0; n < rows; ++n) {
    for (Index y = 0; y < shape.pooled_height(); ++y) {
      for (Index x = 0; x < shape.pooled_width(); ++x) {
        for (Index filter = 0; filter < spec.filters; ++filter, ++output) {
          double largest = -1e30;
          Index best_y = 0, best_x = 0;
          for (Index i = 0; i < spec.pool; ++i) {
            for (Index j = 0; j < spec.pool; ++j) {
              double sum = biases[at(filter)];
              for_each_tap(n, y * spec.pool + i, x * spec.pool + j, filter,
                           [&](std::size_t input, std::size_t weight) {
                             sum += static_cast<double>(run.inputs()[input]) * weights[weight];
                           });
              if (sum <= largest) continue;
              largest = sum;
              best_y = y * spec.pool + i;
              best_x = x * spec.pool + j;
            }
          }
          result.outputs[output] = activated(spec.activation, largest);
          const double grad = run.grad_outputs()[output] * slope(spec.activation, largest);
          result.grad_biases[at(filter)] += grad;
          for_each_tap(n, best_y, best_x, filter, [&](std::size_t input, std::size_t weight) {
            result.grad_weights[weight] += grad * run.inputs()[input];
            result.grad_inputs[input] += grad * weights[weight];
          });
        }
      }
    }
  }
  return result;
}

}  // namespace tally
