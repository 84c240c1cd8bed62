// SPDX-License-Identifier: MIT
#include "tally/nn/activation.hpp"

namespace tally {

void Tanh::forward(const Real* /*parameters*/, ConstMatrixView inputs, MatrixView outputs) const {
  outputs = inputs.array().tanh();
}

void Tanh::backward(const Real* /*parameters*/, const ForwardPass& pass, MatrixView* grad_inputs,
                    Real* /*grad_parameters*/) const {
  if (grad_inputs == nullptr) return;
  *grad_inputs = pass.grad_outputs.array() * (1 - pass.outputs.array().square());
}

void Sigmoid::forward(const Real* /*parameters*/, ConstMatrixView inputs,
                      MatrixView outputs) const {
  outputs = inputs.array().logistic();
}

void Sigmoid::backward(const Real* /*parameters*/, const ForwardPass& pass, MatrixView* grad_inputs,
                       Real* /*grad_parameters*/) const {
  if (grad_inputs == nullptr) return;
  const auto y = pass.outputs.array();
  *grad_inputs = pass.grad_outputs.array() * y * (1 - y);
}

void Relu::forward(const Real* /*parameters*/, ConstMatrixView inputs, MatrixView outputs) const {
  // Written so that a NaN stays one: max(NaN, 0) would hide it.
  outputs = (inputs.array() <= 0).select(Real{0}, inputs);
}

void Relu::backward(const Real* /*parameters*/, const ForwardPass& pass, MatrixView* grad_inputs,
                    Real* /*grad_parameters*/) const {
  if (grad_inputs == nullptr) return;
  *grad_inputs = (pass.outputs.array() > 0).select(pass.grad_outputs, Real{0});
}

}  // namespace tally
