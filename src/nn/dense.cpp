// SPDX-License-Identifier: MIT
#include "tally/nn/dense.hpp"

#include "tally/core/gemm.hpp"

namespace tally {

Dense::Dense(Index inputs, Index outputs)
    : Layer("dense", inputs, outputs),
      bias_offset_(aligned_size(static_cast<std::size_t>(inputs * outputs))) {}

std::vector<ParameterShape> Dense::parameter_shapes() const {
  return {{"weight", inputs(), outputs()}, {"bias", 1, outputs()}};
}

void Dense::initialize_parameters(Initializer initializer, RandomStream& stream,
                                  Real* parameters) const {
  initialize(initializer, inputs(), outputs(),
             {parameters, static_cast<std::size_t>(inputs() * outputs())},
             {parameters + bias_offset_, static_cast<std::size_t>(outputs())}, stream);
}

void Dense::forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs) const {
  multiply(inputs, matrix_view(parameters, this->inputs(), this->outputs()), outputs);
  outputs.rowwise() += matrix_view(parameters + bias_offset_, 1, this->outputs()).row(0);
}

void Dense::backward(const Real* parameters, const ForwardPass& pass, MatrixView* grad_inputs,
                     Real* grad_parameters) const {
  multiply_left_transposed(pass.inputs, pass.grad_outputs,
                           matrix_view(grad_parameters, inputs(), outputs()));
  // Row after row, each row as a whole: the order of the sum is the order of the samples.
  MatrixView grad_bias = matrix_view(grad_parameters + bias_offset_, 1, outputs());
  grad_bias = pass.grad_outputs.row(0);
  for (Index row = 1; row < pass.grad_outputs.rows(); ++row) {
    grad_bias.row(0) += pass.grad_outputs.row(row);
  }
  if (grad_inputs != nullptr) {
    multiply_right_transposed(pass.grad_outputs, matrix_view(parameters, inputs(), outputs()),
                              *grad_inputs);
  }
}

}  // namespace tally
