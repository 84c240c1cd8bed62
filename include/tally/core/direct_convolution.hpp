// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "tally/core/convolution_shape.hpp"
#include "tally/core/real.hpp"

// Convolutions by kernels of Tally's own, which read images where they are. Each runs on the
// calling thread alone; the order of all additions is that of the source and depends on the shape
// only.
namespace tally {

/// Some neighbouring images on their way back.
struct ConvolutionGradients {
  Index images;
  const Real* inputs;          ///< [images x image size]
  const Real* grads;           ///< [images x pooled positions x filters]
  const std::uint8_t* places;  ///< of the sums that these belong to, if there is a pool; else null
  Real* grad_inputs;           ///< [images x image size]; null if nobody wants it
};

/// It holds sizes only, so that all threads may share one. Weights are [taps x filters].
class DirectConvolution {
 public:
  DirectConvolution() = default;
  virtual ~DirectConvolution() = default;
  DirectConvolution(const DirectConvolution&) = delete;
  DirectConvolution& operator=(const DirectConvolution&) = delete;

  /// Elements of the memory that each call gets as `scratch`, and calls of one way back share.
  [[nodiscard]] virtual Index scratch_size() const = 0;

  /// sums [positions x filters] of an image; of those that no window of the pool has, nothing is
  /// said.
  virtual void convolve(const Real* image, const Real* weights, Real* scratch,
                        Real* sums) const = 0;

  /// largest [pooled positions x filters]: the first of the largest of each window, or a NaN. Its
  /// places, row by row in the window, unless `places` is null.
  virtual void take_largest(const Real* sums, Real* largest, std::uint8_t* places) const = 0;

  /// Whether there is a way back; without one for the inputs' gradient there may be one for that of
  /// the weights.
  [[nodiscard]] virtual bool has_backward(bool wants_inputs) const = 0;
  /// The most images of a call of backward().
  [[nodiscard]] virtual Index images_at_once() const = 0;
  virtual void begin_backward(const Real* weights, bool wants_inputs, Real* scratch) const = 0;
  virtual void backward(const ConvolutionGradients& gradients, Real* scratch) const = 0;
  /// grad_weight [taps x filters]: the sum over all images since begin_backward().
  virtual void end_backward(Real* scratch, Real* grad_weight) const = 0;
};

/// Null where there is none: for other instruction sets, and for filters that fill no vectors.
std::unique_ptr<DirectConvolution> make_direct_convolution(const ConvolutionShape& shape);

}  // namespace tally
