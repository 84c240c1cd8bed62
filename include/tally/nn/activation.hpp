// SPDX-License-Identifier: MIT
#pragma once

#include "tally/nn/layer.hpp"

// Element-wise layers without parameters. Their derivatives are formed from the outputs alone.
namespace tally {

/// y = tanh(x), dx = dy (1 - y^2)
class Tanh : public Layer {
 public:
  explicit Tanh(Index width) : Layer("tanh", width, width) {}
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs) const override;
  void backward(const Real* parameters, const ForwardPass& pass, MatrixView* grad_inputs,
                Real* grad_parameters) const override;
};

/// y = 1 / (1 + exp(-x)), dx = dy y (1 - y)
class Sigmoid : public Layer {
 public:
  explicit Sigmoid(Index width) : Layer("sigmoid", width, width) {}
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs) const override;
  void backward(const Real* parameters, const ForwardPass& pass, MatrixView* grad_inputs,
                Real* grad_parameters) const override;
};

/// y = max(x, 0), dx = dy where y > 0, else 0
class Relu : public Layer {
 public:
  explicit Relu(Index width) : Layer("relu", width, width) {}
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs) const override;
  void backward(const Real* parameters, const ForwardPass& pass, MatrixView* grad_inputs,
                Real* grad_parameters) const override;
};

}  // namespace tally
