// SPDX-License-Identifier: MIT
#pragma once

#include "tally/nn/layer.hpp"

// Element-wise functions. Their derivatives are formed from the outputs alone.
//   tanh     y = tanh(x),            y' = 1 - y^2
//   sigmoid  y = 1 / (1 + exp(-x)),  y' = y (1 - y)
//   relu     y = max(x, 0),          y' = 1 where y > 0, else 0
namespace tally {

enum class Activation { kNone, kTanh, kSigmoid, kRelu };

/// outputs [rows x n] = activation(sums + bias [1 x n]), in one pass. `sums` may have more columns.
void add_bias_and_activate(Activation activation, ConstMatrixView sums, const Real* bias,
                           MatrixView outputs);

/// The gradient with respect to those sums, and its own sum over the rows, in their order, for the
/// bias: one pass. What `grad_sums` has of further columns becomes zero.
void differentiate(Activation activation, ConstMatrixView outputs, ConstMatrixView grad_outputs,
                   MatrixView grad_sums, Real* grad_bias, Into into);

/// An activation that follows no dense layer.
class ActivationLayer : public Layer {
 public:
  ActivationLayer(Activation activation, Index width);
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Workbench& bench) const override;
  void backward(const Real* parameters, const BackwardPass& pass,
                const Workbench& bench) const override;

 private:
  Activation activation_;
};

}  // namespace tally
