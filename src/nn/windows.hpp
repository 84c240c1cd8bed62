// SPDX-License-Identifier: MIT
#pragma once

#include "tally/core/convolution_shape.hpp"
#include "tally/core/real.hpp"

// The windows of a convolution as rows of a matrix, so that it becomes a product. Private to layer
// nn.
namespace tally {

/// windows [positions x taps] of an image, with zeros for what lies beyond its edges.
void gather_windows(const ConvolutionShape& shape, const Real* image, Real* windows);

/// The reverse: adds each element of the windows to where it came from.
void scatter_windows(const ConvolutionShape& shape, const Real* windows, Real* image);

}  // namespace tally
