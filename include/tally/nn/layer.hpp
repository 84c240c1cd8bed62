// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tally/core/gemm.hpp"
#include "tally/core/matrix.hpp"
#include "tally/core/random.hpp"
#include "tally/nn/initializer.hpp"
#include "tally/nn/parameters.hpp"

// A layer maps a micro-batch of inputs [rows x inputs()] to outputs [rows x outputs()], and the
// gradient of a loss with respect to its outputs to those with respect to its inputs and
// parameters. It holds shapes only: parameters, activations and gradients belong to the caller, so
// all threads share one layer.
namespace tally {

/// What a thread works with: its products, and room that a pass may use as it likes, for as many
/// rows as it has times the layer's room_columns().
struct Workbench {
  Gemm& gemm;
  Real* room;
};

/// What a backward pass reads and writes.
struct BackwardPass {
  ConstMatrixView inputs;        ///< [rows x inputs()]
  ConstMatrixView outputs;       ///< [rows x outputs()]
  ConstMatrixView grad_outputs;  ///< [rows x outputs()]
  MatrixView* grad_inputs;       ///< [rows x inputs()]; null if nothing before this layer learns
  Real* grad_parameters;         ///< this layer's blocks in a flat vector: the sum over the rows
  Into into = Into::kReplace;    ///< whether grad_parameters are replaced or added to
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

  /// `parameters` points to this layer's first block in a flat vector.
  virtual void initialize_parameters(Initializer /*initializer*/, RandomStream& /*stream*/,
                                     Real* /*parameters*/) const {}

  /// How many layers of the spec this one stands for: a dense layer may include its activation.
  [[nodiscard]] virtual int spec_layers() const { return 1; }

  [[nodiscard]] virtual Index room_columns() const { return 0; }

  virtual void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                       const Workbench& bench) const = 0;

  virtual void backward(const Real* parameters, const BackwardPass& pass,
                        const Workbench& bench) const = 0;

  /// Whether Into::kAdd has the bits of computing the gradient of `rows` rows apart and adding it.
  [[nodiscard]] virtual bool adds_exactly(Index /*rows*/, Gemm& /*gemm*/) const { return true; }

 private:
  std::string kind_;
  Index inputs_;
  Index outputs_;
};

}  // namespace tally
