// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tally/core/error.hpp"
#include "tally/nn/layer_spec.hpp"

namespace tally {

/// Numbers within -0.5..0.5.
inline AlignedVector random_values(Index size, std::uint32_t item) {
  AlignedVector values(static_cast<std::size_t>(size));
  RandomStream stream(3, Purpose::kInitialize, 0, item);
  for (Real& value : values) value = static_cast<Real>(stream.uniform() - 0.5);
  return values;
}

inline std::string refusal_of(std::string_view text, Shape input) {
  try {
    static_cast<void>(parse_layers(text, input));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

/// The only layer that is left of `text` when it is fused, run forward and backward on random
/// numbers in memory of its own.
class LayerRun {
 public:
  LayerRun(std::string_view text, Shape input, Index rows, Kernels kernels)
      : specs_(fused(parse_layers(text, input))),
        layer_(specs_.front().make_layer()),
        gemm_(make_gemm(kernels)),
        rows_(rows) {
    if (specs_.size() != 1) throw std::logic_error("these are several layers");
    layout_.append(specs_.front().name(), layer_->parameter_shapes());
    parameters_.resize(layout_.size());
    std::uint32_t item = 10;
    for (const ParameterBlock& block : layout_.blocks()) {
      const AlignedVector values = random_values(static_cast<Index>(block.size()), item++);
      block.put({values.data(), values.size()}, parameters_);
    }
    inputs_ = random_values(rows * layer_->input().size(), 1);
    grad_outputs_ = random_values(rows * layer_->output().size(), 2);
    outputs_.assign(grad_outputs_.size(), Real{9});
    grad_inputs_.assign(inputs_.size(), Real{9});
    // Garbage beforehand: nothing may depend on it.
    scratch_.assign(static_cast<std::size_t>(layer_->scratch_size(rows)), Real{9});
    saved_.assign(static_cast<std::size_t>(rows * layer_->saved_columns()), Real{9});
  }

  [[nodiscard]] const LayerSpec& spec() const { return specs_.front(); }
  [[nodiscard]] const Layer& layer() const { return *layer_; }
  [[nodiscard]] const ParameterLayout& layout() const { return layout_; }
  AlignedVector& inputs() { return inputs_; }
  AlignedVector& grad_outputs() { return grad_outputs_; }
  [[nodiscard]] const AlignedVector& parameters() const { return parameters_; }

  const AlignedVector& forward(Mode mode = Mode::kTrain) {
    const Batch batch{rows_, mode};
    layer_->forward(parameters_.data(), view(inputs_, layer_->input()),
                    matrix_view(outputs_.data(), rows_, layer_->output().size()), pass(batch));
    return outputs_;
  }

  /// After forward().
  void backward(AlignedVector& gradient, Into into = Into::kReplace, bool wants_inputs = true) {
    const Batch batch{rows_, Mode::kTrain};
    MatrixView grad_inputs = matrix_view(grad_inputs_.data(), rows_, layer_->input().size());
    layer_->backward(parameters_.data(),
                     {view(inputs_, layer_->input()), view(outputs_, layer_->output()),
                      view(grad_outputs_, layer_->output()), wants_inputs ? &grad_inputs : nullptr,
                      gradient.data(), into},
                     pass(batch));
  }
  [[nodiscard]] const AlignedVector& grad_inputs() const { return grad_inputs_; }

 private:
  [[nodiscard]] ConstMatrixView view(const AlignedVector& values, Shape shape) const {
    return matrix_view(values.data(), rows_, shape.size());
  }
  Pass pass(const Batch& batch) {
    return {batch, 0, *gemm_, scratch_.data(),
            batch.mode == Mode::kTrain ? saved_.data() : nullptr};
  }

  LayerSpecs specs_;
  std::unique_ptr<Layer> layer_;
  std::unique_ptr<Gemm> gemm_;
  Index rows_;
  ParameterLayout layout_;
  AlignedVector parameters_, inputs_, outputs_, grad_outputs_, grad_inputs_, scratch_, saved_;
};

}  // namespace tally
