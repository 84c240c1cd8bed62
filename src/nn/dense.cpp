// SPDX-License-Identifier: MIT
#include "tally/nn/dense.hpp"

namespace tally {

Dense::Dense(Index inputs, Index outputs, Activation activation)
    : Layer("dense", inputs, outputs),
      activation_(activation),
      stride_(static_cast<Index>(row_size(static_cast<std::size_t>(outputs)))),
      bias_offset_(aligned_size(static_cast<std::size_t>(inputs * stride_))) {}

std::vector<ParameterShape> Dense::parameter_shapes() const {
  return {{"weight", inputs(), outputs()}, {"bias", 1, outputs()}};
}

int Dense::spec_layers() const {
  return activation_ == Activation::kNone ? 1 : 2;
}

void Dense::initialize_parameters(Initializer initializer, RandomStream& stream,
                                  Real* parameters) const {
  const ParameterBlock block{"", parameter_shapes().front(), 0};
  std::vector<Real> weights(block.size());
  initialize(initializer, inputs(), outputs(), weights,
             {parameters + bias_offset_, static_cast<std::size_t>(outputs())}, stream);
  block.put(weights, {parameters, block.room()});
}

void Dense::forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                    const Workbench& bench) const {
  const MatrixView sums = matrix_view(bench.room, inputs.rows(), stride_);
  bench.gemm.multiply(inputs, weight(parameters), sums);
  add_bias_and_activate(activation_, read_only(sums), parameters + bias_offset_, outputs);
}

void Dense::backward(const Real* parameters, const BackwardPass& pass,
                     const Workbench& bench) const {
  const MatrixView grad_sums = matrix_view(bench.room, pass.inputs.rows(), stride_);
  differentiate(activation_, pass.outputs, pass.grad_outputs, grad_sums,
                pass.grad_parameters + bias_offset_, pass.into);
  bench.gemm.multiply_left_transposed(pass.inputs, read_only(grad_sums),
                                      weight(pass.grad_parameters), pass.into);
  if (pass.grad_inputs == nullptr) return;
  bench.gemm.multiply_right_transposed(read_only(grad_sums), weight(parameters), *pass.grad_inputs);
}

bool Dense::adds_exactly(Index rows, Gemm& gemm) const {
  return tally::adds_exactly(gemm, rows, inputs(), stride_);
}

}  // namespace tally
