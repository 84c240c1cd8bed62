// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "tally/nn/loss.hpp"
#include "tally/nn/network.hpp"
#include "tally/optim/sgd.hpp"

// Private to layer train: the whole arithmetic of a step on a handful of samples, which is bound by
// the memory that the weights lie in and not by arithmetic. No gradient is ever written down: each
// row of a weight is read once on the way back, for the gradient of the inputs, and updated at
// once. Inputs that are exactly 0, four in five of the pixels of a digit, are left out: in the
// forward pass, and in the update of their row of weights where neither momentum nor decay would
// move it.
//
// Sums run over inputs in their order, one vector of outputs after the other, by plain
// multiplications and additions: the bits depend neither on a library nor on the instruction set.
namespace tally {

/// The most samples of a step.
inline constexpr std::int64_t kMostRows = 4;

class RowUpdate {
 public:
  /// Whether this can train a network of these layers, which takes dense ones with or without
  /// activations, and is faster than GEMM: up to 4 samples, or 2 if momentum or decay move every
  /// weight.
  static bool is_faster(const LayerSpecs& layers, const Sgd& sgd, std::int64_t batch_size);

  RowUpdate(const Network& network, const Loss& loss, const Sgd& sgd);

  struct Result {
    double loss = 0;  ///< summed over the samples
    std::int64_t correct = 0;
    std::size_t bad_element = kAllFinite;  ///< of the flat vector, where the gradient is not finite
  };
  static constexpr std::size_t kAllFinite = std::numeric_limits<std::size_t>::max();  // no element

  /// [rows x pixels], to be filled before take()
  [[nodiscard]] Real* inputs() { return pixels_.data(); }

  /// Forward, loss, backward and update of the flat vectors, for images whose bytes are scaled in
  /// inputs(). After a gradient that is not finite the vectors are invalid.
  Result take(std::span<const std::span<const std::uint8_t>> images,
              std::span<const std::uint8_t> labels, double learning_rate, Real* parameters,
              Real* velocity);

  /// Of each sample of the last step.
  [[nodiscard]] std::span<const double> losses() const { return losses_; }

 private:
  // A dense layer and the activation behind it.
  struct Layer {
    Index inputs, width;  // of the weight: rows and columns
    Index stride;         // from one row of it to the next
    Activation activation;
    std::size_t offset;       // of the weight in the flat vectors
    std::size_t bias_offset;  // from there
    AlignedVector sums;       // [rows x stride]: x W, and later the gradient of that
    AlignedVector outputs;    // [rows x outputs]
    AlignedVector grads;      // [rows x outputs], of the outputs
    AlignedVector grad_bias;  // [1 x stride]
  };

  void list_used_inputs(std::span<const std::span<const std::uint8_t>> images);
  void forward(Layer& layer, const AlignedVector& inputs, const Real* parameters);
  /// Updates the layer, and writes the gradient of its inputs unless `grad_inputs` is null.
  void backward(Layer& layer, const AlignedVector& inputs, Real* grad_inputs, Real* parameters,
                Real* velocity);
  void scale_gradient(const Layer& layer);
  void update_row(const Layer& layer, const Real* inputs, Real* weights, Real* velocity);
  [[nodiscard]] const AlignedVector& inputs_of(std::size_t layer) const {
    return layer == 0 ? pixels_ : layers_[layer - 1].outputs;
  }

  const Loss& loss_;
  Sgd sgd_;
  Sgd bias_sgd_;
  std::vector<Layer> layers_;

  // The step at work.
  double learning_rate_ = 0;
  Index rows_ = 0;
  AlignedVector pixels_;  // [rows x inputs]
  std::vector<double> losses_;
  std::vector<std::uint32_t> used_inputs_;  // pixels that are not 0 in some sample
  std::vector<std::uint32_t> all_inputs_;
  AlignedVector scaled_;    // [rows x stride], the gradient of a layer's sums times -rate / rows
  AlignedVector grad_row_;  // one row of a weight's gradient
};

}  // namespace tally
