// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/nn/activation.hpp"
#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// A fully connected layer, written "dense:100".
struct DenseSpec {
  static constexpr Index kMaxOutputs = 65536;

  Index outputs = 0;
  Activation activation = Activation::kNone;  ///< of the layer behind it, if they are fused

  static std::vector<std::string_view> notations() { return {"dense:N"}; }
  /// Nothing for another kind of layer. Throws an Error for one of this kind that is wrong.
  static std::optional<DenseSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "dense"; }
  [[nodiscard]] Shape output(Shape /*input*/) const { return flat(outputs); }
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

/// With the activation f after it: y = f(x W + b), with x [rows x inputs], W [inputs x outputs],
/// b [1 x outputs]. Its gradients, with dz = dy f'(y): dW = x' dz, db = the column sums of dz,
/// dx = dz W'.
class Dense : public Layer {
 public:
  Dense(Index inputs, const DenseSpec& spec);

  [[nodiscard]] std::vector<ParameterShape> parameter_shapes() const override;
  void initialize_parameters(Initializer initializer, RandomStream& stream,
                             Real* parameters) const override;
  [[nodiscard]] Index scratch_columns() const override { return stride_; }
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override;
  void backward(const Real* parameters, const Gradients& gradients,
                const Pass& pass) const override;
  [[nodiscard]] bool adds_exactly(Index rows, Gemm& gemm) const override;
  [[nodiscard]] std::int64_t multiplications() const override { return inputs_ * outputs_; }

 private:
  // The weight, or its gradient, with the gaps behind its rows: zeros that products may include.
  template <typename Values>
  [[nodiscard]] auto weight(Values* parameters) const {
    return matrix_view(parameters, inputs_, stride_);
  }

  Index inputs_;
  Index outputs_;
  Activation activation_;
  Index stride_;             // from one row of the weight to the next
  std::size_t bias_offset_;  // behind the weight
};

}  // namespace tally
