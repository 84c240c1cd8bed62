// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// The mean of each N x N neighbours in each channel, written "avg-pool:2". Rows and columns at the
/// end that fill no whole window are left out.
struct AveragePoolSpec {
  Index size = 0;

  static std::vector<std::string_view> notations() { return {"avg-pool:N"}; }
  static std::optional<AveragePoolSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "avg-pool"; }
  [[nodiscard]] Shape output(Shape input) const;
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

/// The sum over windows of `height` x `width`, in their order, times 1 / (height * width).
class AveragePool : public Layer {
 public:
  AveragePool(Shape input, Index height, Index width);
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override;
  void backward(const Real* parameters, const Gradients& gradients,
                const Pass& pass) const override;

 private:
  Index height_, width_;
};

}  // namespace tally
