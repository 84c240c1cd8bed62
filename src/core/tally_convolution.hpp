// SPDX-License-Identifier: MIT
#pragma once

#include "factor_lists.hpp"
#include "padded_image.hpp"
#include "tally/core/direct_convolution.hpp"

// Private to layer core.
namespace tally {

/// Convolutions by Tally's own kernels. Each sum is one chain of fused multiply-adds from 0, over
/// the window row by row: as Tally's products have it of gathered windows, bit by bit.
///
/// On the way back a max pool leaves one gradient in four, or fewer; only these are visited, each
/// with all the numbers that lie side by side in a row of its window.
class TallyConvolution : public DirectConvolution {
 public:
  /// Whether it can do a convolution of that shape.
  static bool takes(const ConvolutionShape& shape);

  explicit TallyConvolution(const ConvolutionShape& shape);

  [[nodiscard]] Index scratch_size() const override;
  void convolve(const Real* image, const Real* weights, Real* scratch, Real* sums) const override;
  void take_largest(const Real* sums, Real* largest, std::uint8_t* places) const override;

  [[nodiscard]] bool has_backward(bool wants_inputs) const override;
  [[nodiscard]] Index images_at_once() const override { return images_at_once_; }
  void begin_backward(const Real* weights, bool wants_inputs, Real* scratch) const override;
  void backward(const ConvolutionGradients& gradients, Real* scratch) const override;
  void end_backward(Real* scratch, Real* grad_weight) const override;

 private:
  // How the gradient of the weights comes about.
  enum class Way { kDense, kQuads, kLists };

  struct Parts {
    float* inputs;       // [images_at_once_] images with their padding
    float* grads;        // the gradient of one of these; kDense: that of its sums
    float* weights;      // transposed: [kernel row][filter][row_vectors_];
                         // kDense: [taps of windows, from the end][filter][channel]
    float* grad_weight;  // kLists: [filter][kernel row][row_vectors_]; else [taps x filters]
    float* quads;
    ListMemory lists;
    Index size;
  };
  [[nodiscard]] Parts parts_of(Real* scratch) const;
  [[nodiscard]] Index weights_size() const;
  const float* padded(const float* images, Index count, bool is_copied, float* copies) const;

  void add_listed_weights(const float* inputs, const ConvolutionGradients& gradients,
                          const Parts& parts) const;
  void add_dense_weights(const float* image, const float* grads, float* grad_weight) const;
  void listed_input_gradient(const float* grads, const std::uint8_t* places, const Parts& parts,
                             float* grad_image) const;
  void dense_input_gradient(const float* grads, const Parts& parts, float* grad_image) const;

  ConvolutionShape shape_;
  PaddedImage image_;      // an input
  PaddedImage grad_sums_;  // the gradient of the sums of an image
  Way way_;
  Index row_taps_;     // numbers of a window that lie side by side
  Index row_vectors_;  // the same, filled up to whole vectors
  Index images_at_once_;
};

/// Null where there is none.
std::unique_ptr<DirectConvolution> make_tally_convolution(const ConvolutionShape& shape);

}  // namespace tally
