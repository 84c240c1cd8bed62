// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tally/core/matrix.hpp"
#include "tally/core/random.hpp"
#include "tally/nn/initializer.hpp"
#include "tally/nn/parameters.hpp"

// A layer maps a micro-batch of inputs [rows x inputs()] to outputs [rows x outputs()], and the
// gradient of a loss with respect to its outputs to those with respect to its inputs and
// parameters. It holds shapes only: parameters, activations and gradients belong to the caller, so
// all threads share one layer.
namespace tally {

/// What a backward pass starts from.
struct ForwardPass {
  ConstMatrixView inputs;        ///< [rows x inputs()]
  ConstMatrixView outputs;       ///< [rows x outputs()]
  ConstMatrixView grad_outputs;  ///< [rows x outputs()]
};

class Layer {
 public:
  Layer(std::string kind, Index inputs, Index outputs)
      : kind_(std::move(kind)), inputs_(inputs), outputs_(outputs) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] Index inputs() const { return inputs_; }
  [[nodiscard]] Index outputs() const { return outputs_; }

  /// The parameters this layer wants laid out for it, one after the other.
  [[nodiscard]] virtual std::vector<ParameterShape> parameter_shapes() const { return {}; }

  /// `parameters` and `grad_parameters` point to this layer's first block in a flat vector.
  virtual void initialize_parameters(Initializer /*initializer*/, RandomStream& /*stream*/,
                                     Real* /*parameters*/) const {}

  virtual void forward(const Real* parameters, ConstMatrixView inputs,
                       MatrixView outputs) const = 0;

  /// Writes grad_inputs [rows x inputs()] unless it is null (nothing before this layer learns), and
  /// the gradient summed over the rows to every element of grad_parameters.
  virtual void backward(const Real* parameters, const ForwardPass& pass, MatrixView* grad_inputs,
                        Real* grad_parameters) const = 0;

 private:
  std::string kind_;
  Index inputs_;
  Index outputs_;
};

}  // namespace tally
