// SPDX-License-Identifier: MIT
#include "convolve_padded.hpp"

#include <algorithm>

#include "nested_product.hpp"
#include "simd.hpp"

namespace tally {

void convolve_padded(const WindowSource& source, const ConvolutionKernel& kernel,
                     const ConvolutionSums& sums) {
  // Some rows of the kernel after the other, with all sums in between: so many weights of a strip
  // stay in the nearest cache.
  constexpr Index kNearWeights = 4096;
  constexpr Index kStrip = 2 * simd::kLanes;
  const Index row_weights = kernel.row_taps * kernel.filters;
  const Index most_rows = std::clamp<Index>(
      kNearWeights / (kernel.row_taps * std::min(kernel.filters, kStrip)), 1, kernel.rows);
  for (Index row = 0; row < kernel.rows; row += most_rows) {
    for (Index y = 0; y < sums.rows; ++y) {
      multiply_nested(
          {sums.columns, kernel.filters, std::min(most_rows, kernel.rows - row), kernel.row_taps,
           source.values + y * source.window_rows + row * source.row_size, source.window_step,
           source.row_size, 1, kernel.weights + row * row_weights, row_weights, kernel.filters,
           sums.values + y * sums.row_size, kernel.filters, row > 0});
    }
  }
}

}  // namespace tally
