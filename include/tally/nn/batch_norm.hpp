// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// Normalizes each channel, written "batch-norm", or "batch-norm:0.1:1e-5" with the share by which
/// the running statistics move at each step, and what is added to the variance. The defaults are
/// PyTorch's.
struct BatchNormSpec {
  double momentum = 0.1;
  double epsilon = 1e-5;

  static std::vector<std::string_view> notations() { return {"batch-norm"}; }
  /// Nothing for another kind of layer. Throws an Error for one of this kind that is wrong.
  static std::optional<BatchNormSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "batch-norm"; }
  [[nodiscard]] Shape output(Shape input) const { return input; }
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

/// Ioffe and Szegedy, "Batch Normalization" (ICML 2015). For each channel, with mean and variance
/// over the n values that it has in the micro-batch (rows x height x width):
///   z = (x - mean) / sqrt(variance + epsilon),   y = weight z + bias
///   d bias = sum dy,   d weight = sum dy z,
///   dx = weight / sqrt(variance + epsilon) (dy - d bias / n - z d weight / n)
/// Statistics are of the micro-batch, the unit of work, so that they depend neither on ranks nor on
/// threads. The leaf's gradient carries rows x mean and rows x variance (unbiased, n / (n - 1));
/// the update moves the running ones by the spec's momentum towards their means over the step.
/// Evaluation normalizes by the running ones. So does training where n is 1, from which no variance
/// can be told: such a micro-batch leaves the running ones where they are.
class BatchNorm : public Layer {
 public:
  BatchNorm(Shape shape, const BatchNormSpec& spec);

  [[nodiscard]] std::vector<ParameterShape> parameter_shapes() const override;
  void initialize_parameters(Initializer initializer, RandomStream& stream,
                             Real* parameters) const override;
  [[nodiscard]] Index scratch_size(Index /*rows*/) const override {
    return kScratchParts * channels_;
  }
  [[nodiscard]] Index saved_columns() const override { return kSavedParts * channels_; }
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override;
  void backward(const Real* parameters, const Gradients& gradients,
                const Pass& pass) const override;

 private:
  // What forward leaves to backward, [1 x channels] each: what was subtracted and multiplied by,
  // and the variance that the running one is to move to.
  static constexpr Index kSavedParts = 3;
  // The gradients of bias and weight, or, in evaluation, the statistics.
  static constexpr Index kScratchParts = 3;
  struct Statistics {
    Real* mean;
    Real* inverse_deviation;
    Real* variance;
  };
  [[nodiscard]] Statistics statistics_at(Real* memory) const;

  [[nodiscard]] Index positions(Index rows) const { return rows * input().size() / channels_; }
  void measure(const Real* values, Index positions, const Statistics& found) const;
  void take_running(const Real* parameters, const Statistics& found) const;
  void add_statistics(const Statistics& found, Index rows, Real* grad_parameters, Into into) const;

  BatchNormSpec spec_;
  Index channels_;
  // Of the blocks behind that of the weight.
  std::size_t bias_;
  std::size_t running_mean_;
  std::size_t running_variance_;
};

}  // namespace tally
