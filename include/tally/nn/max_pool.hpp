// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// The largest of each N x N neighbours in each channel, written "max-pool:2". Rows and columns at
/// the end that fill no whole window are left out.
struct MaxPoolSpec {
  Index size = 0;

  static std::vector<std::string_view> notations() { return {"max-pool:N"}; }
  static std::optional<MaxPoolSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "max-pool"; }
  [[nodiscard]] Shape output(Shape input) const;
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

/// The gradient goes to the first of the largest, row by row.
class MaxPool : public Layer {
 public:
  MaxPool(Shape input, const MaxPoolSpec& spec)
      : Layer(input, spec.output(input)), size_(spec.size) {}
  [[nodiscard]] Index scratch_size(Index /*rows*/) const override { return input().channels; }
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override;
  void backward(const Real* parameters, const Gradients& gradients,
                const Pass& pass) const override;

 private:
  Index size_;
};

}  // namespace tally
