// SPDX-License-Identifier: MIT
#include "tally/nn/dense.hpp"

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {

std::optional<DenseSpec> DenseSpec::parse(const SpecToken& token) {
  constexpr std::string_view kPrefix = "dense:";
  if (!token.text.starts_with(kPrefix)) return std::nullopt;
  DenseSpec spec;
  if (!parse_number(token.text.substr(kPrefix.size()), spec.outputs) || spec.outputs < 1 ||
      spec.outputs > kMaxOutputs) {
    token.refuse(fmt::format("needs a whole number of outputs from 1 to {}, as in dense:100",
                             grouped(kMaxOutputs)));
  }
  return spec;
}

std::unique_ptr<Layer> DenseSpec::make_layer(Shape input) const {
  return std::make_unique<Dense>(input.size(), *this);
}

Dense::Dense(Index inputs, const DenseSpec& spec)
    : Layer(flat(inputs), flat(spec.outputs)),
      inputs_(inputs),
      outputs_(spec.outputs),
      activation_(spec.activation),
      stride_(static_cast<Index>(row_size(static_cast<std::size_t>(outputs_)))),
      bias_offset_(aligned_size(static_cast<std::size_t>(inputs * stride_))) {}

std::vector<ParameterShape> Dense::parameter_shapes() const {
  return {{"weight", Role::kWeight, inputs_, outputs_}, {"bias", Role::kBias, 1, outputs_}};
}

void Dense::initialize_parameters(Initializer initializer, RandomStream& stream,
                                  Real* parameters) const {
  const ParameterBlock block{"", parameter_shapes().front(), 0};
  std::vector<Real> weights(block.size());
  initialize(initializer, inputs_, outputs_, weights,
             {parameters + bias_offset_, static_cast<std::size_t>(outputs_)}, stream);
  block.put(weights, {parameters, block.room()});
}

void Dense::forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                    const Pass& pass) const {
  const MatrixView sums = matrix_view(pass.scratch, inputs.rows(), stride_);
  pass.gemm.multiply(inputs, weight(parameters), sums);
  add_bias_and_activate(activation_, read_only(sums), parameters + bias_offset_, outputs);
}

void Dense::backward(const Real* parameters, const Gradients& gradients, const Pass& pass) const {
  const MatrixView grad_sums = matrix_view(pass.scratch, gradients.inputs.rows(), stride_);
  differentiate(activation_, gradients.outputs, gradients.grad_outputs, grad_sums,
                gradients.grad_parameters + bias_offset_, gradients.into);
  pass.gemm.multiply_left_transposed(gradients.inputs, read_only(grad_sums),
                                     weight(gradients.grad_parameters), gradients.into);
  if (gradients.grad_inputs == nullptr) return;
  pass.gemm.multiply_right_transposed(read_only(grad_sums), weight(parameters),
                                      *gradients.grad_inputs);
}

bool Dense::adds_exactly(Index rows, Gemm& gemm) const {
  return tally::adds_exactly(gemm, rows, inputs_, stride_);
}

}  // namespace tally
