// SPDX-License-Identifier: MIT
#pragma once

#include "tally/nn/activation.hpp"
#include "tally/nn/layer.hpp"

namespace tally {

/// A fully connected layer and the activation f after it: y = f(x W + b), with x [rows x inputs],
/// W [inputs x outputs], b [1 x outputs]. Its gradients, with dz = dy f'(y): dW = x' dz, db = the
/// column sums of dz, dx = dz W'.
class Dense : public Layer {
 public:
  Dense(Index inputs, Index outputs, Activation activation = Activation::kNone);

  [[nodiscard]] std::vector<ParameterShape> parameter_shapes() const override;
  [[nodiscard]] int spec_layers() const override;
  void initialize_parameters(Initializer initializer, RandomStream& stream,
                             Real* parameters) const override;
  [[nodiscard]] Index room_columns() const override { return stride_; }
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Workbench& bench) const override;
  void backward(const Real* parameters, const BackwardPass& pass,
                const Workbench& bench) const override;
  [[nodiscard]] bool adds_exactly(Index rows, Gemm& gemm) const override;

  [[nodiscard]] Activation activation() const { return activation_; }
  /// From one row of the weight to the next.
  [[nodiscard]] Index stride() const { return stride_; }
  /// Of the bias, behind the weight.
  [[nodiscard]] std::size_t bias_offset() const { return bias_offset_; }

 private:
  // The weight, or its gradient, with the gaps behind its rows: zeros that products may include.
  template <typename Values>
  [[nodiscard]] auto weight(Values* parameters) const {
    return matrix_view(parameters, inputs(), stride_);
  }

  Activation activation_;
  Index stride_;
  std::size_t bias_offset_;
};

}  // namespace tally
