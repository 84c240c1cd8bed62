// SPDX-License-Identifier: MIT
#pragma once

#include "tally/nn/layer.hpp"

namespace tally {

/// A fully connected layer: y = x W + b, with x [rows x inputs], W [inputs x outputs],
/// b [1 x outputs]. Its gradients: dW = x' dy, db = the column sums of dy, dx = dy W'.
class Dense : public Layer {
 public:
  Dense(Index inputs, Index outputs);

  [[nodiscard]] std::vector<ParameterShape> parameter_shapes() const override;
  void initialize_parameters(Initializer initializer, RandomStream& stream,
                             Real* parameters) const override;
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs) const override;
  void backward(const Real* parameters, const ForwardPass& pass, MatrixView* grad_inputs,
                Real* grad_parameters) const override;

 private:
  std::size_t bias_offset_;
};

}  // namespace tally
