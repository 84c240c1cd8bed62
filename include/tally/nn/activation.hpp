// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

// Element-wise functions. Their derivatives are formed from the outputs alone.
//   tanh     y = tanh(x),            y' = 1 - y^2
//   sigmoid  y = 1 / (1 + exp(-x)),  y' = y (1 - y)
//   relu     y = max(x, 0),          y' = 1 where y > 0, else 0
//   leaky-relu  y = x where x > 0, else 0.01 x;  y' = 1 where y > 0, else 0.01
namespace tally {

/// The one list of activations: each has a place here and, in the same order, a function in
/// activation.cpp. What people write, and messages and help quote, is made of the names.
enum class Activation { kNone, kTanh, kSigmoid, kRelu, kLeakyRelu };
inline constexpr std::array<std::string_view, 5> kActivationNames = {"none", "tanh", "sigmoid",
                                                                     "relu", "leaky-relu"};

/// Rows of `columns` numbers at any place in memory, each `stride` behind the one before.
template <typename Element>
struct Rows {
  Element* first;
  Index count, columns, stride;
};

/// outputs = activation(sums + bias), in one pass; `outputs` may be `sums`.
void add_bias_and_activate(Activation activation, const Rows<const Real>& sums, const Real* bias,
                           const Rows<Real>& outputs);

/// outputs [rows x n] = activation(sums + bias [1 x n]), in one pass. `sums` may have more columns.
void add_bias_and_activate(Activation activation, ConstMatrixView sums, const Real* bias,
                           MatrixView outputs);

/// The gradient with respect to those sums, and its own sum over the rows, in their order, for the
/// bias: one pass. What `grad_sums` has of further columns becomes zero.
void differentiate(Activation activation, ConstMatrixView outputs, ConstMatrixView grad_outputs,
                   MatrixView grad_sums, Real* grad_bias, Into into);

/// The same, without zeros behind what is written.
void differentiate(Activation activation, const Rows<const Real>& outputs,
                   const Rows<const Real>& grad_outputs, const Rows<Real>& grad_sums,
                   Real* grad_bias, Into into);

/// An activation as a layer of its own, written "tanh".
struct ActivationSpec {
  Activation function = Activation::kNone;

  static std::vector<std::string_view> notations();
  static std::optional<ActivationSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] Shape output(Shape input) const { return input; }
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

/// An activation that follows no dense layer.
class ActivationLayer : public Layer {
 public:
  ActivationLayer(Activation function, Shape shape) : Layer(shape, shape), function_(function) {}
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override;
  void backward(const Real* parameters, const Gradients& gradients,
                const Pass& pass) const override;

 private:
  Activation function_;
};

}  // namespace tally
