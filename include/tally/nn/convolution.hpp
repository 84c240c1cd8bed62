// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tally/core/direct_convolution.hpp"
#include "tally/nn/activation.hpp"
#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// A convolution, written "conv:32@5x5", or "conv:32@3x3/2+1" with a stride of 2 and a padding
/// of 1.
struct ConvolutionSpec {
  static constexpr Index kMaxFilters = 65536;
  static constexpr Index kMaxKernel = 64;       ///< rows or columns, and also the most of a stride
  static constexpr Index kMaxValues = 1 << 24;  ///< that it may make of an image
  static constexpr Index kMaxPool = 15;         ///< that may be fused: its places fit in a byte

  Index filters = 0;
  Index kernel_height = 0;
  Index kernel_width = 0;
  Index stride = 1;
  Index padding = 0;
  Activation activation = Activation::kNone;  ///< of the layer behind it, if they are fused
  Index pool = 1;                             ///< of the max pool behind it, likewise

  static std::vector<std::string_view> notations() { return {"conv:N@KxK[/STRIDE][+PADDING]"}; }
  static std::optional<ConvolutionSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "conv"; }
  /// Why it cannot take such an input, if it cannot; the end of a sentence.
  [[nodiscard]] std::optional<std::string> refusal(Shape input) const;
  [[nodiscard]] Shape output(Shape input) const;
  [[nodiscard]] ConvolutionShape shape(Shape input) const;
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

/// With the activation f and the max pool after it: y = f(max over the pool of (x * W) + b), which
/// is the same as max f(x * W + b), since no f ever falls.
class Convolution : public Layer {
 public:
  Convolution(Shape input, const ConvolutionSpec& spec);

  [[nodiscard]] std::vector<ParameterShape> parameter_shapes() const override;
  void initialize_parameters(Initializer initializer, RandomStream& stream,
                             Real* parameters) const override;
  [[nodiscard]] Index scratch_size(Index rows) const override;
  [[nodiscard]] Index saved_columns() const override;
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override;
  void backward(const Real* parameters, const Gradients& gradients,
                const Pass& pass) const override;
  [[nodiscard]] std::int64_t multiplications() const override {
    return shape_.positions() * shape_.taps() * shape_.filters;
  }

 private:
  struct Scratch;
  [[nodiscard]] Scratch scratch_at(Real* memory) const;
  [[nodiscard]] bool is_direct(const Pass& pass) const;
  [[nodiscard]] std::uint8_t* places(const Pass& pass, Index image) const;
  template <typename Values>
  [[nodiscard]] auto weight(Values* parameters) const {
    return matrix_view(parameters, shape_.taps(), stride_);
  }

  // By products of gathered windows, with any GEMM, or by kernels that read images where they are.
  void forward_gathered(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                        const Pass& pass) const;
  void forward_direct(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                      const Pass& pass) const;
  void backward_gathered(const Real* parameters, const Gradients& gradients,
                         const Pass& pass) const;
  void backward_direct(const Real* parameters, const Gradients& gradients, const Pass& pass) const;
  void activate_in_place(const Real* bias, Real* outputs) const;
  void gather_gradient(const Gradients& gradients, const Pass& pass, Index image,
                       Real* grad_sums) const;

  ConvolutionShape shape_;
  Activation activation_;
  Index stride_;             // from one row of the weight, or position of the sums, to the next
  Index images_at_once_;     // in a product of gathered windows
  std::size_t bias_offset_;  // behind the weight
  std::unique_ptr<const DirectConvolution> direct_;  // null if there is none
};

}  // namespace tally
