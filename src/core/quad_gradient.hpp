// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tally/core/convolution_shape.hpp"

// The gradient of the weights of a convolution of one channel with a pool of 2 behind it. Vectors
// of it hold filters, each of which has its gradient at one of four places. The four inputs that
// belong to these lie side by side, as a quad, so that one shuffle finds them for all filters of a
// vector. Private to layer core.
namespace tally {

bool has_quad_gradient(const ConvolutionShape& shape);

/// Elements of the quads of an image.
Index quads_size(const ConvolutionShape& shape);

/// `image` has its padding around it.
void gather_quads(const ConvolutionShape& shape, const float* image, float* quads);

/// Adds to grad_weight [taps x filters], for grads and places [pooled positions x filters].
void add_quad_gradient(const ConvolutionShape& shape, const float* quads, const float* grads,
                       const std::uint8_t* places, float* grad_weight);

}  // namespace tally
