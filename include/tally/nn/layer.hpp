// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/gemm.hpp"
#include "tally/core/matrix.hpp"
#include "tally/core/random.hpp"
#include "tally/nn/initializer.hpp"
#include "tally/nn/parameters.hpp"
#include "tally/nn/shape.hpp"

// A layer maps a micro-batch of inputs [rows x input().size()] to outputs [rows x output().size()],
// and the gradient of a loss with respect to its outputs to those with respect to its inputs and
// parameters. It holds shapes only: parameters, activations and gradients belong to the caller, so
// all threads share one layer.
namespace tally {

enum class Mode { kEvaluate, kTrain };

/// What the rows of a micro-batch are. What a layer draws at random is a function of the seed, the
/// layer's position, the epoch and the id of the sample: the same on any rank, in any batch.
struct Batch {
  Index rows = 0;
  Mode mode = Mode::kEvaluate;
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::span<const std::uint32_t> samples = {};  ///< the id of each row, in training
};

/// What a layer works with on its way forward or backward. All of it belongs to one thread.
struct Pass {
  const Batch& batch;
  int position = 0;  ///< of the layer in the network
  Gemm& gemm;
  Real* scratch = nullptr;  ///< scratch_size(rows) elements, to be used as it likes
  /// [rows x saved_columns()]: from forward to backward; null if evaluating.
  Real* saved = nullptr;
};

/// What goes backward through a layer.
struct Gradients {
  ConstMatrixView inputs;        ///< of the forward pass, [rows x input().size()]
  ConstMatrixView outputs;       ///< of the forward pass, [rows x output().size()]
  ConstMatrixView grad_outputs;  ///< [rows x output().size()]
  MatrixView* grad_inputs;       ///< [rows x input().size()]; null if nothing before it learns
  Real* grad_parameters;         ///< its blocks in a flat vector: the sum over the rows
  Into into = Into::kReplace;    ///< whether grad_parameters are replaced or added to
};

class Layer {
 public:
  Layer(Shape input, Shape output) : input_(input), output_(output) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  [[nodiscard]] Shape input() const { return input_; }
  [[nodiscard]] Shape output() const { return output_; }

  /// The parameters that it wants laid out for it, one block after the other.
  [[nodiscard]] virtual std::vector<ParameterShape> parameter_shapes() const { return {}; }

  /// `parameters` points to its first block in a flat vector that holds zeros.
  virtual void initialize_parameters(Initializer /*initializer*/, RandomStream& /*stream*/,
                                     Real* /*parameters*/) const {}

  [[nodiscard]] virtual Index scratch_columns() const { return 0; }
  /// For micro-batches of up to `rows` rows.
  [[nodiscard]] virtual Index scratch_size(Index rows) const { return rows * scratch_columns(); }
  [[nodiscard]] virtual Index saved_columns() const { return 0; }

  virtual void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                       const Pass& pass) const = 0;

  virtual void backward(const Real* parameters, const Gradients& gradients,
                        const Pass& pass) const = 0;

  /// Whether Into::kAdd has the bits of computing the gradient of `rows` rows apart and adding it.
  [[nodiscard]] virtual bool adds_exactly(Index /*rows*/, Gemm& /*gemm*/) const { return true; }

  /// Multiplications of its forward pass for a sample, each with an addition.
  [[nodiscard]] virtual std::int64_t multiplications() const { return 0; }

 private:
  Shape input_;
  Shape output_;
};

}  // namespace tally
